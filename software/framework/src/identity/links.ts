import { createHmac, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Tenant } from "../http/route.ts";
import type { Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { currentLinkKey, standingLinkKeys } from "./link-keys.ts";
import { linksModel } from "./models.ts";

/** What a link is for, whom it was made for, and for how long. */
export interface LinkOrder {
  /** A short label: `sale.order`, `password.reset`. A route takes links of one purpose only. */
  readonly purpose: string;
  readonly model: string;
  readonly recordId: number;
  /** Address of the person that it is mailed to. */
  readonly recipient: string;
  readonly lifeMinutes: number;
  /** How often {@link useLink} may be called; 0: any number of times. Looking does not count. */
  readonly maxUses: number;
  /**
   * What must still be true of the record for its page to show it, in the page's own words; signed with the rest,
   * shown to nobody. Absent: the page asks for nothing more.
   */
  readonly boundTo?: string;
  /** Where a stranger asked for it from, as a keyed digest; absent: nobody did. */
  readonly askedFrom?: string;
  /** Path of its page with `:token` in it: `/my/quotation/:token`. */
  readonly path: string;
}

/** A link that was presented and found genuine, unexpired, unrevoked and not used up. */
export interface OpenedLink {
  readonly id: number;
  readonly purpose: string;
  readonly model: string;
  readonly recordId: number;
  readonly recipient: string;
  /** As its order said; null: nothing. */
  readonly boundTo: string | null;
  readonly expiresAt: Temporal.Instant;
  /** As in the address; the key of the page's CSRF token. Never logged. */
  readonly token: string;
}

const nonceBytes = 18;
const maxLifeMinutes = 527_040;
const tokenPattern = /^([1-9][0-9]{0,9})\.(?:[1-9][0-9]{0,4}\.)?[A-Za-z0-9_-]{43}$/;
const placeholder = /\[\[hf-link:([1-9][0-9]{0,9}):([A-Za-z0-9_-]{24}):(\/[\w/:.-]{1,200})\]\]/g;
const maxPlaceholders = 50;
const linkFields = [
  "purpose",
  "res_model",
  "res_id",
  "recipient",
  "nonce",
  "expires_at",
  "uses",
  "max_uses",
  "revoked",
  "key_version",
  "bound_to",
] as const;
type LinkRow = Row<typeof linksModel, (typeof linkFields)[number]>;

/**
 * Registers a link and returns a mark that stands for its address in a mail: the mail pump puts the
 * signed address in its place ({@link withSignedLinks}), so no working link is ever stored. The mark holds the
 * link's nonce, which nobody is shown: a mark that somebody writes into a contact's name is not filled in.
 *
 * Needs the right to read the record, no other. Source: claim OWASP-8.
 */
export async function createLink(env: Environment, order: LinkOrder): Promise<string> {
  const [mark] = await createLinks(env, [order]);
  return mark as string;
}

/** Several at once, in the order of the orders: as many statements as for one. */
export async function createLinks(env: Environment, orders: readonly LinkOrder[]): Promise<string[]> {
  if (orders.length === 0) return [];
  for (const { lifeMinutes } of orders)
    if (!(lifeMinutes > 0 && lifeMinutes <= maxLifeMinutes))
      throw new ExpectedError(
        "invalid",
        `a link cannot live for ${lifeMinutes} minutes: at most ${maxLifeMinutes}`,
      );
  await demandReadable(env, orders);
  const key_version = await currentLinkKey(env);
  const rows = orders.map((order) => ({
    purpose: order.purpose,
    res_model: order.model,
    res_id: order.recordId,
    recipient: order.recipient,
    bound_to: order.boundTo ?? null,
    nonce: Buffer.from(env.random.bytes(nonceBytes)).toString("base64url"),
    expires_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now() + order.lifeMinutes * 60_000),
    max_uses: order.maxUses,
    key_version,
    asked_from: order.askedFrom ?? null,
  }));
  const ids = await env.system("register a signed link", (system) => system.of(linksModel).create(rows));
  return orders.map(({ path }, at) => `[[hf-link:${ids[at]}:${rows[at]?.nonce}:${path}]]`);
}

async function demandReadable(env: Environment, orders: readonly LinkOrder[]): Promise<void> {
  if (env.actor.kind === "system") return;
  for (const [model, own] of Map.groupBy(orders, (order) => order.model))
    await env.model(model).read([...new Set(own.map(({ recordId }) => recordId))], ["id"]);
}

/** Puts signed addresses in the place of the marks of {@link createLink}. For the mail pump, at the moment of sending. */
export async function withSignedLinks(
  tenant: Pick<Tenant, "id" | "key" | "baseUrl">,
  env: Environment,
  text: string,
): Promise<string> {
  const marks = [...text.matchAll(placeholder)].slice(0, maxPlaceholders);
  if (marks.length === 0) return text;
  const ids = [...new Set(marks.map((mark) => Number(mark[1])))];
  const rows = await readLinks(env, ids);
  return text.replace(placeholder, (_mark, id: string, nonce: string, path: string) => {
    const row = rows.find((one) => one.id === Number(id) && one.nonce === nonce);
    return row === undefined ? "" : tenant.baseUrl + path.replace(":token", tokenOf(tenant, row));
  });
}

/**
 * Checks a presented token.
 *
 * @throws ExpectedError `not_found`, the same one for changed, swapped, expired, revoked and used-up links.
 */
export async function openLink(
  tenant: Tenant,
  env: Environment,
  purpose: string,
  token: string,
): Promise<OpenedLink> {
  const id = tokenPattern.exec(token)?.[1];
  const [row] = id === undefined || Number(id) > 2_147_483_647 ? [] : await readLinks(env, [Number(id)]);
  if (
    row === undefined ||
    !genuine(tenant, row, token) ||
    row.purpose !== purpose ||
    !(await alive(env, row))
  )
    throw deadLink();
  return {
    id: row.id,
    purpose,
    model: row.res_model,
    recordId: row.res_id,
    recipient: row.recipient,
    boundTo: row.bound_to,
    expiresAt: row.expires_at,
    token,
  };
}

/**
 * Counts one use; call it in the transaction that does what the link allows. Two uses of a single-use
 * link at once: one commits, the other fails.
 *
 * @throws ExpectedError `not_found` when it was used up, revoked or expired meanwhile.
 */
export async function useLink(env: Environment, link: OpenedLink): Promise<void> {
  await env.system("count a use of a signed link", async (system) => {
    const [row] = await readLinks(system, [link.id]);
    if (row === undefined || !(await alive(env, row))) throw deadLink();
    const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    await system.of(linksModel).write([link.id], { uses: row.uses + 1, last_used_at: now });
  });
}

/** Ends all links of a purpose on these records. */
export async function revokeLinks(
  env: Environment,
  purpose: string,
  model: string,
  recordIds: readonly number[],
): Promise<void> {
  await env.system("revoke signed links", async (system) => {
    const ids = await system.of(linksModel).search([
      ["purpose", "=", purpose],
      ["res_model", "=", model],
      ["res_id", "in", recordIds],
      ["revoked", "=", false],
    ]);
    if (ids.length > 0) await system.of(linksModel).write(ids, { revoked: true });
  });
}

function readLinks(env: Environment, ids: readonly number[]): Promise<LinkRow[]> {
  return env.system("check a signed link", (system) =>
    system.of(linksModel).searchRead([["id", "in", ids]], linkFields),
  );
}

async function alive(env: Environment, row: LinkRow): Promise<boolean> {
  const unused = row.max_uses === 0 || row.uses < row.max_uses;
  if (row.revoked || !unused || row.expires_at.epochMilliseconds <= env.clock.now()) return false;
  return (await standingLinkKeys(env, [keyOf(row)])).has(keyOf(row));
}

/** Number of the key that signs a link. */
export function keyOf(row: { readonly key_version: number | null }): number {
  return row.key_version ?? 1;
}

function genuine(tenant: Tenant, row: LinkRow, token: string): boolean {
  const expected = Buffer.from(tokenOf(tenant, row));
  const given = Buffer.from(token);
  return expected.byteLength === given.byteLength && timingSafeEqual(expected, given);
}

/**
 * The row's id, the version of its key (unless it is the first) and an HMAC over all that the link says; each part
 * with its length, so that none runs into another.
 */
function tokenOf(tenant: Pick<Tenant, "id" | "key">, row: LinkRow): string {
  const version = keyOf(row);
  const mac = createHmac("sha256", tenant.key(version === 1 ? "links" : `links.v${version}`));
  const parts = [
    tenant.id,
    String(row.id),
    row.purpose,
    row.res_model,
    String(row.res_id),
    row.recipient,
    String(row.expires_at.epochMilliseconds),
    row.nonce,
    ...(row.bound_to === null ? [] : [row.bound_to]),
  ];
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:${part};`);
  return `${row.id}.${version === 1 ? "" : `${version}.`}${mac.digest("base64url")}`;
}

/** The one answer to every link that opens nothing. */
export function deadLink(): ExpectedError {
  return new ExpectedError("not_found", "This link is not valid, or no longer valid.", {
    hint: "Ask the sender for a new one.",
  });
}
