import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { Caller } from "../http/caller.ts";
import { LastSeen, overlapped } from "../http/overlap.ts";
import type { RouteRequest, Tenant } from "../http/route.ts";
import { usersModel } from "../identity/models.ts";
import { sessionKeyOf } from "../identity/sessions.ts";
import { bad, shown } from "./arguments.ts";
import { dispatch } from "./dispatch.ts";

/** What `version` tells: the generation of the API that is spoken here, not of any other product. */
export const apiVersion = {
  server_version: "19.0",
  server_version_info: [19, 0, 0, "final", 0, ""],
  server_serie: "19.0",
  protocol_version: 1,
} as const;

const maxUserId = 2 ** 31 - 1;

type Asked = Pick<RouteRequest, "tenant" | "source">;

/**
 * The two services behind JSON-RPC and XML-RPC: `common` knows who one is, `object` does the work.
 *
 * @throws ExpectedError; `unauthenticated` for every wrong database, user or key alike.
 */
export async function callService(
  asked: Asked,
  service: unknown,
  method: unknown,
  args: unknown,
): Promise<unknown> {
  if (!Array.isArray(args)) throw bad("The arguments are not a list.");
  if (service === "common" && method === "version") return apiVersion;
  if (service === "common" && method === "authenticate") return authenticate(asked, args);
  if (service === "common" && method === "login") return authenticate(asked, args.slice(0, 3));
  if (service === "object" && method === "execute_kw")
    return execute(asked, args.slice(0, 5), args[5], args[6]);
  if (service === "object" && method === "execute")
    return execute(asked, args.slice(0, 5), args.slice(5), {});
  throw bad(`There is no "${shown(method)}" in the service "${shown(service)}".`);
}

/** @returns the user's id, or false: never an error that tells what was wrong. */
async function authenticate(
  { tenant, source }: Asked,
  [db, login, secret]: readonly unknown[],
): Promise<number | false> {
  if (db !== tenant.name || typeof login !== "string" || typeof secret !== "string" || secret === "")
    return false;
  const userId = await tenant.identity.authenticate({ login, secret, source, keys: true });
  return userId ?? false;
}

async function execute(
  asked: Asked,
  [db, uid, secret, model, method]: readonly unknown[],
  args: unknown,
  kwargs: unknown,
): Promise<unknown> {
  const { tenant, source } = asked;
  if (db !== tenant.name || typeof uid !== "number" || typeof secret !== "string" || secret === "")
    throw denied();
  const check = async (at: Tenant): Promise<Caller> => {
    const caller = await callerBySecret(at, source, { uid, secret });
    if (caller === null) throw denied();
    return caller;
  };
  const work = (at: Tenant, caller: Caller) => {
    const { signal, release } = tenant.identity.watch(caller);
    const actor = { ...caller.actor, standing: signal };
    return dispatch(at.data, actor, { model, method, args, kwargs }).finally(release);
  };
  const shown = `${uid} ${sessionKeyOf(secret)}`;
  const guess = lastSeen.of(tenant, shown);
  if (guess === undefined) {
    const caller = await check(tenant);
    // Whoever comes with a password is found out anew each time.
    if (caller.keyId !== undefined) lastSeen.keep(tenant, shown, caller);
    return work(tenant, caller);
  }
  const { result, caller } = await overlapped(tenant, { guess, check }, work);
  if (caller.keyId !== undefined) lastSeen.keep(tenant, shown, caller);
  return result;
}

/** Holders of keys, by the user they name and the hash of the key; what it says is always asked again. */
const lastSeen = new LastSeen();

function denied(): ExpectedError {
  return new ExpectedError("unauthenticated", "Access denied.", {
    hint: "Check the database, the user and the key.",
  });
}

/** A key is found by itself, in one query; a password costs its hash at every call, so clients better take keys. */
async function callerBySecret(
  tenant: Tenant,
  source: string,
  { uid, secret }: { readonly uid: number; readonly secret: string },
): Promise<Caller | null> {
  if (!Number.isInteger(uid)) return null;
  const byKey = await tenant.identity.apiKey(secret, { on: tenant.data });
  if (byKey !== null) {
    const { actor, keyId, rests } = byKey;
    return actor.userId === uid ? { ...nobody, actor, keyId, rests } : null;
  }
  if (uid < 1 || uid > maxUserId) return null;
  // A number that nobody has goes the same way: it is counted, and takes as long.
  const login = (await loginOf(tenant, uid)) ?? uid;
  const userId = await tenant.identity.authenticate({ login, secret, source, keys: true });
  const actor = userId === uid ? await tenant.identity.actorOf(uid) : null;
  // The password came with this very call: that is what a confirmation asks for.
  const confirmedAtMs = tenant.data.reading(publicActor).clock.now();
  return actor === null ? null : { ...nobody, actor: { ...actor, confirmedAtMs } };
}

const nobody = { sessionKey: "", link: null, cookies: [], binding: undefined } as const;

function loginOf(tenant: Tenant, uid: number): Promise<string | undefined> {
  return tenant.data
    .reading(publicActor)
    .system("find the login of a user who signs in by number", async (env) => {
      const [user] = await env.of(usersModel).searchRead([["id", "=", uid]], ["login"], { limit: 1 });
      return user?.login;
    });
}
