import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { baseApp } from "@holdfast/app-base/app";
import { createUser } from "@holdfast/app-base/create-user";
import { recoveryCodesModel, totpModel } from "@holdfast/framework/identity/factors/models";
import { usersModel } from "@holdfast/framework/identity/models";
import { externalIdentitiesModel, providersModel } from "@holdfast/framework/identity/providers/models";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { systemClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import type { AdministratorParts } from "./administrator.ts";
import { letIn } from "./break-glass.ts";

const login = "ann@acme.example";
const former = "quiet lantern over moss";
const from = { source: "192.0.2.1", userAgent: "" };
const hasher = quickHasher();
let db: TestDatabase;

before(async () => {
  db = await testDatabase([baseApp]);
});
after(async () => {
  await hasher.close();
  await db?.close();
});

function administration(more: Partial<AdministratorParts> = {}): AdministratorParts {
  const services = { clock: systemClock, random: systemRandom, log: silentLog };
  return { data: db.data, dataKey: Buffer.alloc(32, 7), tenantName: "acme", ...services, ...more };
}

const system = <T>(work: Parameters<typeof db.data.writing<T>>[1]) => db.data.writing(db.system(), work);
const identity = () => testTenant(db, { hasher, dataKey: Buffer.alloc(32, 7) }).identity;
const signIn = (secret: string) => identity().signIn({ login, secret, source: from.source }, from);

/** Somebody with an app, a session, a key and an account at a provider. @returns what lets them in. */
async function locked() {
  const id = await system((env) => createUser(env, { login, name: "Ann", groups: ["base.user"] }));
  await identity().setPassword(id, former);
  const session = await identity().openSession(id, from);
  const key = await identity().createApiKey(id, "a program");
  await system(async (env) => {
    await env.of(totpModel).create([{ user_id: id, secret_sealed: "x", last_step: 1 }]);
    await env.of(recoveryCodesModel).create([{ user_id: id, code_hash: "x" }]);
    const provider = { name: "P", kind: "oidc", url: "https://login.example", client_id: "x" } as const;
    const [provider_id = 0] = await env.of(providersModel).create([provider]);
    const elsewhere = { user_id: id, provider_id, subject_key: "x", label: "ann" };
    await env.of(externalIdentitiesModel).create([elsewhere]);
    await env.of(usersModel).write([id], { active: false });
  });
  return { id, session, key };
}

test("break-glass lets an archived, locked out person in as administrator, and ends every way in from before", async () => {
  const { id, session, key } = await locked();
  const password = await letIn(administration(), login.toUpperCase());
  const outcome = await signIn(password);
  assert.equal(outcome.kind, "opened");
  assert.ok(outcome.kind === "opened" && outcome.userId === id, "the same person, not a second one");
  assert.ok((await identity().actorOf(id))?.groups.has("base.admin"));
  assert.equal((await signIn(former)).kind, "refused");
  assert.equal(await identity().session(session.id), null);
  assert.equal(await identity().apiKey(key), null);
  const logged = await system((env) =>
    env.of(securityLogModel).searchRead([["event", "=", "factor_changed"]], ["detail"]),
  );
  assert.match(logged.at(-1)?.detail ?? "", /operator at the host/);
});

test("when it is cut short before the new password, the former one opens nothing without what guarded it", async () => {
  const [id = 0] = await system((env) => env.of(usersModel).search([["login", "=", login]]));
  await identity().setPassword(id, former);
  assert.equal((await signIn(former)).kind, "opened");
  const bytes = (): never => {
    throw new Error("no randomness");
  };
  await assert.rejects(letIn(administration({ random: { ...systemRandom, bytes } }), login), /no randomness/);
  assert.equal((await signIn(former)).kind, "refused");
});
