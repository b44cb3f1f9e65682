import assert from "node:assert/strict";
import type { Actor } from "@holdfast/framework/access/actor";
import { gate } from "@holdfast/framework/access/gate";
import type { AccessOperation } from "@holdfast/framework/access/policy";
import { usersModel } from "@holdfast/framework/identity/models";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Climb, footprints, mixedCalls, type Stock } from "./climbing.ts";
import type { CompanyHost } from "./company-host.ts";

const operations: readonly AccessOperation[] = ["read", "write", "create", "delete"];
/** Rows that let somebody in as somebody: nobody makes one for anybody by a call. */
const entrances = ["hf.session", "res.users.apikeys", "hf.signin.pending"];

/** What one walk of several people did; throws the first climb as an AssertionError. */
export interface Together {
  readonly answered: number;
  readonly restored: number;
}

/**
 * Several people work in one database, an administrator among them who adds rights and rules, gives groups, deletes
 * and restores. After each call of anybody else: nobody has another right than before it, nothing that is told holds a
 * secret, and what was restored is what its restorer may read and delete. In the end: nobody holds what no app
 * declares for anybody, and nobody can come in as another.
 */
export async function walkTogether(host: CompanyHost, seed: number): Promise<Together> {
  const stock = await putStock(host);
  const before = await ways(host);
  let [answered, restored] = [0, 0];
  for (const [login, call] of mixedCalls(host, seed, stock)) {
    const actor = (await host.actor(login)) as Actor | null;
    if (actor === null) continue;
    const climbing = !actor.groups.has("base.admin");
    const was = climbing ? await footprints(host) : null;
    const answer = await answerTo(host, actor, call);
    if (was !== null) assert.deepEqual(await footprints(host), was, `${login} ${JSON.stringify(call)}`);
    if (answer === undefined) continue;
    answered += 1;
    assertTellsNoSecret(before, answer, call);
    if (call.method !== "trash_restore" || call.model === "hf.trash") continue;
    restored += 1;
    await assertInReach(host, actor, call);
  }
  await assertWithinDeclared(host);
  await assertNoNewWayIn(host, before);
  return { answered, restored };
}

/** Two records of each person's in each model with a trash; the second of each is deleted. */
async function putStock(host: CompanyHost): Promise<Stock> {
  const stock: Record<string, number[]> = { "res.partner": [], "sale.order": [], "product.template": [] };
  for (const login of ["ann", "bo"]) {
    const user_id = await host.userId(login);
    await host.database.data.writing(host.database.system(), async (env) => {
      const [partner_id = 0] = await env.model("res.partner").search([], { limit: 1 });
      const company_id = (await env.model("res.company").search([], { limit: 1 }))[0] ?? 0;
      const values: Readonly<Record<string, Record<string, unknown>>> = {
        "res.partner": { name: `of ${login}`, user_id },
        "sale.order": { partner_id, user_id, company_id, order_line: [[0, 0, { name: "x" }]] },
        "product.template": { name: `of ${login}`, standard_price: "7" },
      };
      for (const [model, one] of Object.entries(values)) {
        const ids = await env.model(model).create([one, one]);
        await env.model(model).unlink(ids.slice(1));
        stock[model]?.push(...ids);
      }
    });
  }
  return stock;
}

/** @returns undefined for a refusal. */
async function answerTo(host: CompanyHost, actor: Actor, call: Climb): Promise<string | undefined> {
  try {
    return JSON.stringify((await dispatch(host.database.data, actor, call)) ?? null);
  } catch (error) {
    if (error instanceof ExpectedError) return undefined;
    throw error;
  }
}

interface Ways {
  readonly hashes: ReadonlyMap<number, string | null>;
  readonly counts: readonly number[];
}

async function ways(host: CompanyHost): Promise<Ways> {
  const env = host.database.data.reading(host.database.system());
  const users = await env.of(usersModel).searchRead([], ["password_hash"], { activeOnly: false });
  const counts = await Promise.all(
    entrances.map((name) =>
      env.registry.models.has(name) ? env.model(name).count([], { activeOnly: false }) : 0,
    ),
  );
  return { hashes: new Map(users.map((user) => [user.id, user.password_hash])), counts };
}

function assertTellsNoSecret({ hashes }: Ways, answer: string, call: Climb): void {
  for (const hash of hashes.values())
    assert.ok(hash === null || !answer.includes(hash), `${call.model}.${call.method} tells a secret`);
}

/** Asked rule by rule, of the records as they are now. */
async function assertInReach(host: CompanyHost, actor: Actor, { model, args }: Climb): Promise<void> {
  const env = host.database.data.reading(host.database.system());
  for (const id of args[0] as readonly number[])
    for (const operation of ["read", "delete"] as const) {
      const { allowedHere } = await env.model(model).explain(id, actor, operation);
      assert.ok(allowedHere, `${model} ${id} was restored by somebody who may not ${operation} it`);
    }
}

/** What no app declares for any group stays out of everybody's reach, whatever an administrator adds or gives. */
async function assertWithinDeclared(host: CompanyHost): Promise<void> {
  const { registry } = host.database;
  const declared = new Set(
    registry.apps.flatMap((app) =>
      (app.rights ?? []).flatMap(({ model, allow }) => allow.map((operation) => `${operation} ${model}`)),
    ),
  );
  for (const login of ["admin", "ann", "bo", "cy"]) {
    const actor = (await host.actor(login)) as Actor | null;
    if (actor === null) continue;
    const access = gate(registry, actor);
    for (const model of registry.models.values())
      for (const operation of operations) {
        const found = access.on(model, operation);
        if (!found.allowed) continue;
        assert.ok(declared.has(`${operation} ${model.name}`), `${login} may ${operation} ${model.name}`);
        for (const name of found.fields)
          assert.notEqual(model.fields[name]?.secret, true, `${login}: ${name}`);
      }
  }
}

async function assertNoNewWayIn(host: CompanyHost, before: Ways): Promise<void> {
  const now = await ways(host);
  for (const [id, hash] of now.hashes)
    assert.equal(hash, before.hashes.get(id) ?? null, `the password of user ${id} is another one`);
  for (const [at, count] of now.counts.entries())
    assert.ok(count <= (before.counts[at] ?? 0), `somebody made a row of ${entrances[at]}`);
}
