import { ExpectedError } from "@holdfast/kernel/errors";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import type { Environment } from "../model/environment.ts";
import { currentLinkKey, rotateLinkKey, standingLinkKeys } from "./link-keys.ts";
import { linkKeyPage, linksOfRecordPage, type ShownLink } from "./link-page.ts";
import { keyOf } from "./links.ts";
import { identityModels, linksModel } from "./models.ts";
import { failureNotice, type Notice } from "./notice.ts";
import { recordSecurityEvent } from "./security-log.ts";

const keyPath = "/settings/links";
const recordPath = "/web/links/:model/:id";
const page = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const form = { method: "POST", who: "user", csrf: "token", body: "form", bodyLimitBytes: 4_096 } as const;
const maxShown = 100;
const shownFields = [
  "purpose",
  "recipient",
  "expires_at",
  "uses",
  "max_uses",
  "last_used_at",
  "revoked",
  "key_version",
] as const;

/** Where links without a session are seen and ended: those of one record, and all by their key. Claim OWASP-8. */
export const linkRoutes: readonly Route[] = [
  { ...page, path: recordPath, summary: "The links that were mailed of one record.", handle: (r) => list(r) },
  { ...form, path: `${recordPath}/revoke`, summary: "Ends one mailed link of a record.", handle: revoke },
  { ...page, path: keyPath, summary: "The key that signs mailed links.", handle: (r) => showKey(r) },
  { ...form, path: keyPath, recent: true, summary: "Changes the key of mailed links.", handle: rotate },
];

/** Address of the page with the links of one record. */
export function linksPathOf(model: string, id: number): string {
  return recordPath.replace(":model", model).replace(":id", String(id));
}

async function list(request: RouteRequest, notice?: Notice): Promise<Reply> {
  const { model, id } = await recordOf(request, request.reading());
  const env = request.reading();
  const links = await env.system("list the links of a record for whoever may read it", async (system) => {
    const of = [
      ["res_model", "=", model],
      ["res_id", "=", id],
    ] as const;
    const rows = await system.of(linksModel).searchRead(of, shownFields, { limit: maxShown });
    const keys = await standingLinkKeys(system, rows.map(keyOf));
    return rows.map((row): ShownLink => {
      const ended = row.revoked
        ? "revoked"
        : row.expires_at.epochMilliseconds <= env.clock.now()
          ? "expired"
          : row.max_uses > 0 && row.uses >= row.max_uses
            ? "used up"
            : keys.has(keyOf(row))
              ? undefined
              : "its key was changed";
      return { ...row, ended };
    });
  });
  return linksOfRecordPage(request, { model, id, links }, notice);
}

/** Whoever may change the record may end its links. */
async function revoke(request: RouteRequest): Promise<Reply> {
  const linkId = Number(request.form["link"]);
  if (!isId(linkId)) throw noPage();
  await request.writing(async (env) => {
    const { model, id } = await recordOf(request, env);
    await env.model(model).write([id], {} as never);
    await env.system("end one link of a record", async (system) => {
      const found = await system.of(linksModel).searchRead(
        [
          ["id", "=", linkId],
          ["res_model", "=", model],
          ["res_id", "=", id],
          ["revoked", "=", false],
        ],
        ["purpose"],
        { limit: 1 },
      );
      for (const link of found) {
        await system.of(linksModel).write([link.id], { revoked: true });
        await recordSecurityEvent(system, {
          event: "link_revoked",
          outcome: "ok",
          userId: env.actor.userId,
          from: { source: request.source, userAgent: request.headers["user-agent"] ?? "" },
          detail: `${link.purpose}, link ${link.id} of ${model} ${id}`,
        });
      }
    });
  });
  return list(request, { kind: "success", text: "The link is revoked: it opens nothing any more." });
}

/** The record of the address, when the caller may read it; links to accounts are for administrators. */
async function recordOf(request: RouteRequest, env: Environment) {
  const model = request.params["model"] ?? "";
  const id = Number(request.params["id"]);
  const ofAccounts = identityModels.some(({ name }) => name === model);
  if (!isId(id) || !env.registry.models.has(model)) throw noPage();
  if (ofAccounts && !request.actor.groups.has("base.admin")) throw noPage();
  await env.model(model).read([id], ["id"] as never);
  return { model, id };
}

async function showKey(request: RouteRequest, notice?: Notice): Promise<Reply> {
  demandAdministrator(request);
  return linkKeyPage(request, await currentLinkKey(request.reading()), notice);
}

async function rotate(request: RouteRequest): Promise<Reply> {
  demandAdministrator(request);
  const given = request.form["overlap"] ?? "";
  const hours = /^[0-9]{1,5}$/.test(given) ? Number(given) : Number.NaN;
  try {
    const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
    await request.writing((env) => rotateLinkKey(env, hours, from));
  } catch (error) {
    return showKey(request, failureNotice(error, "invalid"));
  }
  const older = hours === 0 ? "All older links are dead." : `Older links work for another ${hours} hours.`;
  return showKey(request, { kind: "success", text: `The key is changed. ${older}` });
}

/** For everybody else this page does not exist. */
function demandAdministrator({ actor }: RouteRequest): void {
  if (!actor.groups.has("base.admin")) throw noPage();
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id <= 2_147_483_647;
}

function noPage(): ExpectedError {
  return new ExpectedError("not_found", "There is no such page.");
}
