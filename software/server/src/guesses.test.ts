import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { throttleModel, usersModel } from "@holdfast/framework/identity/models";
import { hashPassword } from "@holdfast/framework/identity/password-hash";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { type Alone, startAlone } from "./testing/alone.ts";
import { TestBrowser } from "./testing/browser.ts";

const password = "quiet lantern over moss";
/** As the policy has it when nobody changed it. */
const mostFailures = 10;
const { deep } = runDepth();
const size = deep ? { guesses: 10_000, addresses: 1_000 } : { guesses: 400, addresses: 40 };
let db: TestDatabase;
let server: Alone;

before(async () => {
  db = await testDatabase([identityApp]);
  await testUser(db, { login: "ann" });
  await testUser(db, { login: "innocent" });
  const hash = hashPassword(password);
  await db.data.writing(db.system(), async (env) => {
    const ids = await env.of(usersModel).search([["login", "in", ["ann", "innocent"]]]);
    await env.of(usersModel).write(ids, { password_hash: hash });
  });
  server = await startAlone(db, { workers: 4 });
});
after(async () => {
  await server.stop();
  await db.close();
});

const browser = () => new TestBrowser(server.port, server.caPem, "acme.localhost");

async function signIn(by: TestBrowser, login: string): Promise<number> {
  for (let again = 0; ; again++) {
    const { status, body } = await by.submit("/web/login", { login, password });
    // Too many at this moment, which is not the block: a person tries again.
    if (status !== 429 || /Too many tries/.test(body) || again === 50) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Guesses on so many connections at once, each with another forged address, case of the login and door. */
async function guess(from: number, count: number): Promise<number> {
  let hits = 0;
  let next = from;
  const guesser = async (): Promise<void> => {
    const by = browser();
    for (let n = next++; n < from + count; n = next++) {
      const forged = `198.51.${Math.floor((n % size.addresses) / 250)}.${(n % size.addresses) % 250}`;
      const headers = { "x-forwarded-for": forged, forwarded: `for=${forged}`, "x-real-ip": forged };
      const login = ["ann", "ANN", " Ann ", "ａnn"][n % 4];
      const params = { login, password: `guess number ${n}` };
      const answer = await by.json(
        "/web/session/authenticate",
        { jsonrpc: "2.0", id: n, params },
        { headers },
      );
      if (/"uid"/.test(answer.body) || answer.cookies.length > 0) hits += 1;
    }
    by.close();
  };
  await Promise.all(Array.from({ length: 12 }, guesser));
  return hits;
}

async function checkedSoFar(): Promise<number> {
  const log = db.data.reading(db.system()).of(securityLogModel);
  return log.count([
    ["event", "=", "sign_in"],
    ["outcome", "=", "refused"],
    ["who", "=", "ann"],
  ]);
}

test(`${size.guesses} guesses from ${size.addresses} forged addresses over 4 workers and a restart: no more are checked than the policy says, and the owner and a neighbour sign in meanwhile`, async () => {
  const known = browser();
  assert.equal(await signIn(known, "ann"), 303);
  const half = size.guesses / 2;
  const first = guess(0, half);
  const owner = browser();
  owner.cookies.set("__Host-device", known.cookies.get("__Host-device") ?? "");
  assert.equal(await signIn(owner, "ann"), 303, "the owner, on a known device");
  assert.equal(await signIn(browser(), "innocent"), 303, "somebody else behind the same address");
  assert.equal(await first, 0);
  await server.restart();
  assert.equal(await guess(half, half), 0);
  assert.ok((await checkedSoFar()) <= mostFailures, `${await checkedSoFar()} were checked`);
  assert.ok((await checkedSoFar()) >= 1, "some were checked, so the count means something");
  assert.equal(
    await signIn(browser(), "ann"),
    429,
    "from an unknown device behind that address it is to wait",
  );
  const again = browser();
  again.cookies.set("__Host-device", known.cookies.get("__Host-device") ?? "");
  assert.equal(await signIn(again, "ann"), 303, "the owner, after the restart");
});

test("the block stands in the list of blocks and in the log, and shows no guess", async () => {
  const env = db.data.reading(db.system());
  const blocks = await env.of(throttleModel).searchRead([["blocked_until", "!=", null]], ["subject"]);
  assert.deepEqual(
    blocks.map((row) => row.subject),
    ["ann from 127.0.0.1"],
  );
  const log = await env.of(securityLogModel).searchRead([["event", "=", "throttled"]], ["who", "detail"]);
  assert.deepEqual(
    log.map((row) => row.who),
    ["ann"],
  );
  assert.doesNotMatch(JSON.stringify([blocks, log]), /guess number/);
});
