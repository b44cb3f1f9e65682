import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { hashPassword, parseHash, verifyPassword } from "./password-hash.ts";

const password = "quiet lantern över moss ✓";

test("a hash is PBKDF2-SHA512 in modular-crypt text with 600,000 rounds and a salt of its own", () => {
  const [one, other] = [hashPassword(password), hashPassword(password)];
  assert.match(one, /^\$pbkdf2-sha512\$600000\$[A-Za-z0-9./]{22}\$[A-Za-z0-9./]{86}$/);
  assert.notEqual(one, other);
  assert.ok(verifyPassword(password, one, 600_000));
});

test("another password, a changed salt, digest or count of rounds do not fit", () => {
  const hash = hashPassword(password, 1_000);
  assert.ok(verifyPassword(password, hash, 1_000));
  const parts = hash.split("$");
  const swapped = (at: number, text: string) => parts.map((part, i) => (i === at ? text : part)).join("$");
  for (const changed of [
    swapped(2, "1001"),
    swapped(3, "AAAAAAAAAAAAAAAAAAAAAA"),
    swapped(4, "A".repeat(86)),
    swapped(1, "pbkdf2-sha256"),
    "",
    "plain",
    "$pbkdf2-sha512$99999999$AAAA$BBBB",
  ])
    assert.ok(!verifyPassword(password, changed, 1_000), changed);
  assert.ok(!verifyPassword(`${password} `, hash, 1_000));
  assert.ok(!verifyPassword("", hash, 1_000));
});

test("no hash at all fits nothing, not even the empty password", () => {
  assert.ok(!verifyPassword("", null, 1_000));
  assert.ok(!verifyPassword("", "", 1_000));
});

test("a hash of few rounds costs as much as the policy's", () => {
  const cheap = hashPassword(password, 1_000);
  const dear = hashPassword(password, 100_000);
  const micros = (stored: string | null) => {
    const start = process.cpuUsage();
    verifyPassword(password, stored, 100_000);
    return process.cpuUsage(start).user;
  };
  const least = [Infinity, Infinity, Infinity];
  for (let round = 0; round < 15; round++)
    for (const [at, stored] of [cheap, dear, null].entries())
      least[at] = Math.min(least[at] ?? 0, micros(stored));
  const [a = 0, b = 0, none = 0] = least;
  assert.ok(Math.abs(a - b) / b < 0.25 && Math.abs(none - b) / b < 0.25, `${least} µs`);
});

test("the salt and digest are read as passlib writes them", () => {
  const parsed = parseHash(
    hashPassword(password, 1_000, { bytes: (count) => new Uint8Array(count).fill(0xfb) }),
  );
  assert.deepEqual(parsed?.salt, Buffer.alloc(16, 0xfb));
  assert.equal(parsed?.digest.byteLength, 64);
});

test("Python's passlib accepts our hash and we accept passlib's", () => {
  // Debian's own interpreter, which has python3-passlib; another one in PATH may not.
  const run = (program: string, ...args: string[]) =>
    execFileSync("/usr/bin/python3", ["-c", program, ...args], { encoding: "utf8" }).trim();
  const ours = hashPassword(password, 25_000);
  const verify =
    "import sys; from passlib.hash import pbkdf2_sha512 as p; print(p.verify(sys.argv[1], sys.argv[2]))";
  assert.equal(run(verify, password, ours), "True");
  assert.equal(run(verify, "wrong", ours), "False");
  const theirs = run(
    "import sys; from passlib.hash import pbkdf2_sha512 as p; print(p.using(rounds=25000).hash(sys.argv[1]))",
    password,
  );
  assert.ok(verifyPassword(password, theirs, 25_000));
  assert.ok(!verifyPassword("wrong", theirs, 25_000));
});
