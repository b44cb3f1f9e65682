import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { cookieNames, readCookies } from "../http/cookies.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import type { Environment } from "../model/environment.ts";
import { jsonRpcReply } from "../remote/json-rpc.ts";
import { confirmedSession } from "./confirm-routes.ts";
import { importPasswordHash } from "./import-hash.ts";
import { normalizeLogin } from "./login-name.ts";
import { usersModel } from "./models.ts";

const json = { method: "POST", who: "user", csrf: "origin", body: "json" } as const;
const passwordText = z.string().max(4_096);
const maxHashes = 1_000;

/** Passwords through the session's door: one's own, and by administrators those of others. All pass the policy. */
export const passwordRoutes: readonly Route[] = [
  {
    ...json,
    path: "/web/session/change_password",
    bodyLimitBytes: 16_384,
    summary: "Changes one's own password, asking for the present one",
    handle: changeOwn,
  },
  {
    ...json,
    path: "/web/users/password",
    bodyLimitBytes: 16_384,
    recent: true,
    summary: "Sets the password of a user that one may change",
    handle: (request) => jsonRpcReply(request, (params) => setAnother(request, params)),
  },
  {
    ...json,
    path: "/web/users/password_hashes",
    bodyLimitBytes: 1_048_576,
    recent: true,
    summary: "Takes over password hashes of users that one may change",
    handle: (request) => jsonRpcReply(request, (params) => importHashes(request, params)),
  },
];

const own = z.object({
  old_password: passwordText,
  new_password: passwordText,
  keep_api_keys: z.boolean().default(false),
});

async function changeOwn(request: RouteRequest): Promise<Reply> {
  let cookies: readonly string[] | null = null;
  const reply = await jsonRpcReply(request, async (params) => {
    const given = checked(own, params);
    const session = confirmedSession(request);
    const device = readCookies(request.headers["cookie"]).get(cookieNames.device) ?? "";
    const { userId } = session;
    const { identity } = request.tenant;
    const attempt = { login: userId, secret: given.old_password, source: request.source, device };
    cookies = await identity.confirm(attempt, session);
    if (cookies === null) throw new ExpectedError("invalid", "The present password is not right.");
    await identity.setPassword(userId, given.new_password, {
      keepSessionKey: session.sessionKey,
      endApiKeys: !given.keep_api_keys,
      method: "password",
      from: session.from,
    });
    return true;
  });
  return cookies === null ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}

const another = z.object({ user_id: z.number().int().min(1).max(2_147_483_647), new_password: passwordText });

async function setAnother(request: RouteRequest, params: unknown): Promise<boolean> {
  const { user_id, new_password } = checked(another, params);
  await request.writing((env) => mayChange(env, [user_id]));
  await request.tenant.identity.setPassword(user_id, new_password, {
    method: "administrator",
    from: confirmedSession(request).from,
    ...(user_id === request.actor.userId ? { keepSessionKey: request.sessionKey } : {}),
  });
  return true;
}

const hashes = z.object({
  hashes: z
    .array(z.object({ login: z.string().max(1_000), password_hash: z.string().max(512) }))
    .min(1)
    .max(maxHashes),
});

/** All or none. @returns how many were taken over. */
async function importHashes(request: RouteRequest, params: unknown): Promise<number> {
  const given = checked(hashes, params);
  return request.writing(async (env) => {
    const logins = given.hashes.map(({ login }) => normalizeLogin(login) ?? "");
    const rows = await env
      .of(usersModel)
      .searchRead([["login", "in", logins]], ["login"], { limit: maxHashes });
    await mayChange(
      env,
      rows.map(({ id }) => id),
    );
    for (const [at, { password_hash }] of given.hashes.entries()) {
      const user = rows.find(({ login }) => login === logins[at]);
      if (user === undefined)
        throw new ExpectedError(
          "invalid",
          `The ${at + 1}. of the hashes is of a login that nobody has here.`,
        );
      await importPasswordHash(env, user.id, password_hash);
    }
    return given.hashes.length;
  });
}

/** Whoever may change a user may set their password; the rights say who that is. @throws ExpectedError. */
function mayChange(env: Environment, ids: readonly number[]): Promise<void> {
  return env.of(usersModel).write(ids, {});
}

/** Says which argument is wrong, and never what stood in it. */
function checked<S extends z.ZodType>(schema: S, params: unknown): z.output<S> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new ExpectedError("bad_request", `The argument "${place}" is missing or not of the right kind.`);
}
