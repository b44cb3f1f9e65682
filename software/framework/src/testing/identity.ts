import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import type { Tenant } from "../http/route.ts";
import { createIdentity } from "../identity/create-identity.ts";
import { type PasswordHasher, passwordHasher } from "../identity/hasher.ts";
import { groupsModel, usersModel } from "../identity/models.ts";
import { hashPassword } from "../identity/password-hash.ts";
import type { TestDatabase } from "./database.ts";

/** A tenant over a test database, its keys fixed. */
export function testTenant(
  { data }: Pick<TestDatabase, "data">,
  given: {
    readonly hasher: PasswordHasher;
    readonly clock?: Clock;
    readonly name?: string;
    readonly baseUrl?: string;
    readonly filesDir?: string;
    readonly id?: string;
    /** As a server derives keys from it; without it, keys of the name. */
    readonly dataKey?: Uint8Array;
  },
): Tenant {
  const name = given.name ?? "acme";
  const { dataKey } = given;
  const key = (purpose: string) =>
    dataKey === undefined ? deriveKey(Buffer.alloc(32, name), `${purpose}.v1`) : deriveKey(dataKey, purpose);
  const parts = {
    data,
    tenantName: name,
    key,
    hasher: given.hasher,
    clock: given.clock ?? systemClock,
    random: systemRandom,
  };
  return {
    id: given.id ?? `id of ${name}`,
    name,
    data,
    identity: createIdentity({ ...parts, log: silentLog }),
    key,
    filesDir: given.filesDir ?? "/nonexistent",
    neutralized: false,
    baseUrl: given.baseUrl ?? `https://${name}.localhost`,
  };
}

/** The real hashing thread with a six-hundredth of the rounds: for tests of what happens around it. */
export function quickHasher(): PasswordHasher {
  const real = passwordHasher();
  return {
    ...real,
    hash: (text, rounds) => real.hash(text, rounds / 600),
    verify: (text, stored, { lane, rounds }) => real.verify(text, stored, { rounds: rounds / 600, lane }),
  };
}

/** Makes a user; the hash has few rounds, so that tests are quick. @returns its id. */
export async function testUser(
  { data, system }: Pick<TestDatabase, "data" | "system">,
  given: { readonly login: string; readonly password?: string; readonly groups?: readonly string[] },
): Promise<number> {
  return data.writing(system(), async (env) => {
    const groups = await env.of(groupsModel).search([["key", "in", given.groups ?? ["base.user"]]]);
    const hash = given.password === undefined ? {} : { password_hash: hashPassword(given.password, 1_000) };
    const [id] = await env
      .of(usersModel)
      .create([{ name: given.login, login: given.login, groups_id: [[6, 0, groups]], ...hash }]);
    return id as number;
  });
}
