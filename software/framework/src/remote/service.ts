import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { RouteRequest, Tenant } from "../http/route.ts";
import { usersModel } from "../identity/models.ts";
import type { Standing } from "../identity/standing.ts";
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
  { tenant, source }: Asked,
  [db, uid, secret, model, method]: readonly unknown[],
  args: unknown,
  kwargs: unknown,
): Promise<unknown> {
  const caller = db === tenant.name ? await callerBySecret(tenant, source, { uid, secret }) : null;
  if (caller === null)
    throw new ExpectedError("unauthenticated", "Access denied.", {
      hint: "Check the database, the user and the key.",
    });
  const { signal, release } = tenant.identity.watch(caller);
  const actor = { ...caller.actor, standing: signal };
  return dispatch(tenant.data, actor, { model, method, args, kwargs }).finally(release);
}

/** A key is found by itself, in one query; a password costs its hash at every call, so clients better take keys. */
async function callerBySecret(
  tenant: Tenant,
  source: string,
  { uid, secret }: { readonly uid: unknown; readonly secret: unknown },
): Promise<Standing | null> {
  if (typeof uid !== "number" || !Number.isInteger(uid) || typeof secret !== "string" || secret === "")
    return null;
  const byKey = await tenant.identity.apiKey(secret);
  if (byKey !== null) return byKey.actor.userId === uid ? byKey : null;
  if (uid < 1 || uid > maxUserId) return null;
  // A number that nobody has goes the same way: it is counted, and takes as long.
  const login = (await loginOf(tenant, uid)) ?? uid;
  const userId = await tenant.identity.authenticate({ login, secret, source, keys: true });
  const actor = userId === uid ? await tenant.identity.actorOf(uid) : null;
  return actor === null ? null : { actor };
}

function loginOf(tenant: Tenant, uid: number): Promise<string | undefined> {
  return tenant.data
    .reading(publicActor)
    .system("find the login of a user who signs in by number", async (env) => {
      const [user] = await env.of(usersModel).searchRead([["id", "=", uid]], ["login"], { limit: 1 });
      return user?.login;
    });
}
