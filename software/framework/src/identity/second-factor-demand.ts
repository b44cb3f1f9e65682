import type { Environment } from "../model/environment.ts";
import { closedGroups } from "./actors.ts";
import { factorsOf, hasFactor } from "./factors/factors-of.ts";
import { groupsModel, usersModel } from "./models.ts";
import { providerOf } from "./providers/provider.ts";
import type { FirstFactor } from "./sign-in.ts";

const maxGroups = 1_000;
/** Means that are two factors in one: a passkey that verified its person; a key is a program's own credential. */
const enoughAlone: ReadonlySet<string> = new Set(["passkey", "key"]);

/**
 * The step between a right first factor and the session: which second factors does this sign-in need one of?
 *
 * Asked by every door that takes a password: pages then go on to `/web/login/factor`, doors of the remote API
 * refuse the password (programs bring a key).
 *
 * @returns names of factors (`totp`, `passkey`, `recovery`; `setup`: one is required and there is none yet);
 * none: the session opens.
 */
export async function demandedFactors(env: Environment, first: FirstFactor): Promise<readonly string[]> {
  if (enoughAlone.has(first.method) || (await askedElsewhere(env, first))) return [];
  const factors = await factorsOf(env, first.userId);
  if (!hasFactor(factors)) return (await factorEnforced(env, first.userId)) ? ["setup"] : [];
  return [
    ...(factors.passkeys > 0 ? ["passkey"] : []),
    ...(factors.app ? ["totp"] : []),
    ...(factors.recoveryCodes > 0 ? ["recovery"] : []),
  ];
}

/**
 * Whether a user cannot sign in by password alone: a group of theirs, or one that it implies, requires a second
 * factor, by its app or by the administrator. Then a shorter password will do (NIST SP 800-63B-4).
 */
export async function factorEnforced(env: Environment, userId: number): Promise<boolean> {
  return env.system("see whether a second factor is required", async (system) => {
    const [user] = await system.of(usersModel).searchRead([["id", "=", userId]], ["groups_id"], { limit: 1 });
    const groups = await system
      .of(groupsModel)
      .searchRead([], ["key", "second_factor"], { limit: maxGroups });
    const own = new Set(user?.groups_id ?? []);
    const keys = groups.filter((group) => own.has(group.id)).map((group) => group.key);
    const asked = new Set(groups.filter((group) => group.second_factor).map((group) => group.key));
    return [...closedGroups(system.registry, keys)].some(
      (key) => asked.has(key) || system.registry.groups.get(key)?.secondFactor === true,
    );
  });
}

/** The administrator said that this provider asks for a second factor itself. */
async function askedElsewhere(env: Environment, { method }: FirstFactor): Promise<boolean> {
  const id = /^(?:oidc|ldap):(\d+)$/.exec(method)?.[1];
  if (id === undefined) return false;
  return (await providerOf(env, Number(id)))?.has_factor === true;
}
