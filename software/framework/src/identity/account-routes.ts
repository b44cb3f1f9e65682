import { ExpectedError } from "@holdfast/kernel/errors";
import { cookieNames, readCookies } from "../http/cookies.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { knownZone } from "../model/known-zone.ts";
import { type Account, accountPage } from "./account-page.ts";
import { confirmedSession } from "./confirm-routes.ts";
import { apiKeysModel, usersModel } from "./models.ts";
import { failureNotice, type Notice } from "./notice.ts";
import { sessionModel } from "./session-model.ts";
import { minimumLength, signInPolicy } from "./signin-policy.ts";

const form = { method: "POST", who: "user", csrf: "token", body: "form", bodyLimitBytes: 16_384 } as const;
const maxShown = 100;
const keyFields = ["name", "prefix", "expires_at", "read_only", "model_names", "last_used_at"] as const;
const maxFormCalls = 6_000;
const usualFormCalls = 600;

/** The page on which people look after their own password, devices and API keys. */
export const accountRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/web/account",
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "One's own password, devices and API keys",
    handle: (request) => show(request),
  },
  {
    ...form,
    path: "/web/account/password",
    summary: "Changes one's own password, asking for the present one",
    handle: changePassword,
  },
  { ...form, path: "/web/account/devices", summary: "Signs one's own devices out", handle: endDevices },
  {
    ...form,
    path: "/web/account/keys",
    summary: "Makes an API key, asking for the password",
    handle: makeKey,
  },
  {
    ...form,
    path: "/web/account/keys/remove",
    summary: "Removes one of one's own API keys",
    handle: removeKey,
  },
];

async function show(
  request: RouteRequest,
  more: Pick<Account, "notice" | "newKey" | "status"> = {},
): Promise<Reply> {
  const env = request.reading();
  const own = [["user_id", "=", userOf(request)]] as const;
  const [policy, users, sessions, keys] = await Promise.all([
    signInPolicy(env),
    env.system("show people their own login", (system) =>
      system.of(usersModel).read([userOf(request)], ["login"]),
    ),
    env.system("show people where they are signed in", (system) =>
      system
        .of(sessionModel)
        .searchRead(own, ["device", "source", "seen_at", "session_key"], { limit: maxShown }),
    ),
    env.system("show people their own API keys", (system) =>
      system.of(apiKeysModel).searchRead(own, keyFields, { limit: maxShown }),
    ),
  ]);
  const { timeZone } = request.actor;
  const { sessionKey } = request;
  return accountPage(request, {
    login: users[0]?.login ?? "",
    minimumLength: await minimumLength(env, userOf(request), policy),
    devices: sessions.map((row) => ({
      ...row,
      seen: momentText(row.seen_at, timeZone),
      here: row.session_key === sessionKey,
    })),
    keys: keys.map((row) => ({
      ...row,
      expires: row.expires_at === null ? "never" : momentText(row.expires_at, timeZone),
      reach: reachOf(row.read_only, row.model_names),
      used: row.last_used_at === null ? "never used" : `last used ${momentText(row.last_used_at, timeZone)}`,
    })),
    ...more,
  });
}

async function changePassword(request: RouteRequest): Promise<Reply> {
  return withProof(request, async () => {
    const endApiKeys = request.form["keys"] === "end";
    await request.tenant.identity.setPassword(userOf(request), request.form["fresh"] ?? "", {
      keepSessionKey: request.sessionKey,
      endApiKeys,
      method: "password",
      from: confirmedSession(request).from,
    });
    const keys = endApiKeys ? "API keys no longer work" : "API keys work on";
    return { notice: good(`Your password is changed. All other devices are signed out; ${keys}.`) };
  });
}

async function makeKey(request: RouteRequest): Promise<Reply> {
  return withProof(request, async () => {
    const name = (request.form["name"] ?? "").trim().slice(0, 100) || "API key";
    const given = request.form;
    const calls = Number(given["calls"] ?? usualFormCalls);
    const newKey = await request.tenant.identity.createApiKey(userOf(request), name, {
      days: Number(given["days"]),
      // What is not said reaches less, not more.
      readOnly: given["reach"] !== "all",
      models: (given["models"] ?? "").split(/[\s,]+/).filter((model) => model !== ""),
      callsPerMinute: calls >= 1 && calls <= maxFormCalls ? calls : usualFormCalls,
    });
    return { newKey };
  });
}

/** Does the work when the present password is right: whoever finds an open screen changes nothing lasting. */
async function withProof(
  request: RouteRequest,
  work: () => Promise<Pick<Account, "notice" | "newKey">>,
): Promise<Reply> {
  const device = readCookies(request.headers["cookie"]).get(cookieNames.device) ?? "";
  const { source, form } = request;
  const attempt = { login: userOf(request), secret: form["current"] ?? "", source, device };
  try {
    const cookies = await request.tenant.identity.confirm(attempt, confirmedSession(request));
    if (cookies === null) throw new ExpectedError("invalid", "The present password is not right.");
    const reply = await show(request, await work());
    return { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
  } catch (error) {
    return show(request, { status: 422, notice: failureNotice(error, "invalid", "too_many") });
  }
}

async function endDevices(request: RouteRequest): Promise<Reply> {
  const { id } = request.form;
  if (id === "others") {
    const ended = await request.tenant.identity.endSessionsOf(userOf(request), request.sessionKey);
    return show(request, {
      notice: good(`${ended} other ${ended === 1 ? "device is" : "devices are"} signed out.`),
    });
  }
  await removeOwn(request, sessionModel.name, Number(id));
  return show(request, { notice: good("The device is signed out.") });
}

async function removeKey(request: RouteRequest): Promise<Reply> {
  await removeOwn(request, apiKeysModel.name, Number(request.form["id"]));
  return show(request, {
    notice: good("The key is removed; programs that used it are refused from now on."),
  });
}

/** Removes a row of the person's own; one of somebody else is as if it were not there. */
async function removeOwn(request: RouteRequest, model: string, id: number): Promise<void> {
  if (!Number.isInteger(id) || id < 1 || id > 2_147_483_647) return;
  await request.writing((env) =>
    env.system("people end their own sessions and keys, no one else's", async (system) => {
      const own = await system.model(model).search([
        ["id", "=", id],
        ["user_id", "=", userOf(request)],
      ]);
      if (own.length > 0) await system.model(model).unlink(own);
    }),
  );
}

function reachOf(readOnly: boolean, models: string | null): string {
  const what = models === null ? "all your records" : models.replaceAll("\n", ", ");
  return `${readOnly ? "reads" : "reads and changes"} ${what}`;
}

function userOf(request: RouteRequest): number {
  return request.actor.userId ?? 0;
}

function good(text: string): Notice {
  return { kind: "success", text };
}

function momentText(moment: Temporal.Instant, timeZone: string): string {
  return moment
    .toZonedDateTimeISO(knownZone(timeZone))
    .toPlainDateTime()
    .toString({ smallestUnit: "minute" })
    .replace("T", " ");
}
