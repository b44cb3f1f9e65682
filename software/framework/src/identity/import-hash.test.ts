import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import type { Tenant } from "../http/route.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { quickHasher, testTenant, testUser } from "../testing/identity.ts";
import { identityApp } from "../testing/identity-app.ts";
import type { PasswordHasher } from "./hasher.ts";
import { importPasswordHash } from "./import-hash.ts";
import { usersModel } from "./models.ts";
import { parseHash } from "./password-hash.ts";

/** As the ERP makes them: passlib's context with pbkdf2_sha512 first, 600,000 rounds in its present version. */
const makeErpHash = `
import sys
from passlib.context import CryptContext
print(CryptContext(["pbkdf2_sha512", "plaintext"], deprecated=["auto"], pbkdf2_sha512__rounds=int(sys.argv[2])).hash(sys.argv[1]))`;
const password = "in the ERP since 2019 ✓";
let db: TestDatabase;
let hasher: PasswordHasher;
let acme: Tenant;

before(async () => {
  db = await testDatabase([identityApp]);
  hasher = quickHasher();
  acme = testTenant(db, { hasher });
});
after(async () => {
  await hasher.close();
  await db.close();
});

const erpHash = (rounds: number) =>
  execFileSync("/usr/bin/python3", ["-c", makeErpHash, password, String(rounds)], {
    encoding: "utf8",
  }).trim();
const take = (userId: number, hash: string) =>
  db.data.writing(db.system(), (env) => importPasswordHash(env, userId, hash));
const signIn = (login: string, secret: string) =>
  acme.identity.authenticate({ login, secret, source: "192.0.2.7" });

async function roundsOf(userId: number): Promise<number | undefined> {
  const [row] = await db.data.reading(db.system()).of(usersModel).read([userId], ["password_hash"]);
  return parseHash(row?.password_hash ?? "")?.rounds;
}

test("a hash of the ERP is taken over: its password signs in, and others do not", async () => {
  const userId = await testUser(db, { login: "erna" });
  await take(userId, erpHash(600_000));
  assert.equal(await signIn("erna", password), userId);
  assert.equal(await signIn("erna", `${password} `), null);
  assert.equal(await roundsOf(userId), 600_000);
});

test("one of an older ERP has fewer rounds: it works, is made anew at the first sign-in, and sessions stay", async () => {
  const userId = await testUser(db, { login: "otto" });
  await take(userId, erpHash(350));
  const { id } = await acme.identity.openSession(userId, { source: "192.0.2.7", userAgent: "" });
  assert.equal(await signIn("otto", password), userId);
  assert.equal(await roundsOf(userId), 1_000);
  assert.ok(await acme.identity.session(id));
  assert.equal(await signIn("otto", password), userId);
});

test("a password in clear, another scheme and a broken hash are refused, and nothing is changed", async () => {
  const userId = await testUser(db, { login: "rita", password: "quiet lantern over moss" });
  for (const wrong of [
    "plain text",
    "$2b$12$abcdefghijklmnopqrstuv",
    "$pbkdf2-sha256$1$aa$bb",
    "",
    "$pbkdf2-sha512$0$AAAA$BBBB",
  ])
    await assert.rejects(take(userId, wrong), { code: "invalid" }, wrong);
  assert.equal(await signIn("rita", "quiet lantern over moss"), userId);
});
