import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedPassword } from "./password-policy.ts";

const words = ["ann.berg@acme.example", "Ann Berg", "acme", "holdfast"];
const check =
  (password: string, minimumLength = 8) =>
  () =>
    acceptedPassword(password, { minimumLength, words });

test("too short is refused, also below the floor of 8 that no setting undercuts", () => {
  assert.throws(check("kV9#mq2", 1), { code: "invalid" });
  assert.throws(check("fourteen chars", 15), { code: "invalid" });
  assert.equal(check("fifteen charsss", 15)(), "fifteen charsss");
});

test("length is counted in characters as a person counts them", () => {
  assert.throws(check("🐚🐚🦀🦀"), { code: "invalid" });
  assert.equal(check("🐚🦀🐙🦑🐠🐡🦈🐬")(), "🐚🦀🐙🦑🐠🐡🦈🐬");
});

test("passwords that are tried first are refused, however they are dressed up", () => {
  for (const password of [
    "password",
    "Passw0rd2024!",
    "P@ssw0rd",
    "sunshine2024!!!",
    "passwordpassword",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "123456789012345",
    "987654321098765",
    "qwertyuiopasdfgh",
    "1qaz2wsx3edc4rfv",
    "Summer2026!",
    "correct horse battery staple",
  ])
    assert.throws(check(password), { code: "invalid" }, password);
});

test("a password that is little more than a known name is refused", () => {
  for (const password of [
    "annberg2024",
    "Ann.Berg@acme.example",
    "acme-acme-2026!",
    "holdfast1234",
    "bergAnn!!",
  ])
    assert.throws(check(password), { code: "invalid" }, password);
});

test("no kinds of characters are asked for: a sentence is good", () => {
  for (const password of [
    "quiet lantern over moss",
    "alllowercasewordshere",
    "annoying bergamot in the pond",
    "гора и тихая река",
    "kV9#mmq2Lx0!aa",
  ])
    assert.equal(check(password)(), password);
});

test("a password may have 256 characters; more, NUL and unpaired characters are refused", () => {
  const long = "gravel pond ".repeat(30);
  assert.equal(check(`x${long.slice(0, 255)}`)().length, 256);
  for (const password of [long.slice(0, 257), "quiet\u0000lantern over", "quiet \ud800 lantern over"])
    assert.throws(check(password), { code: "invalid" });
});

test("the two ways to type an accent give one password", () => {
  assert.equal(check("cafe\u0301 on the corner")(), check("caf\u00e9 on the corner")());
});

test("the refusal never quotes the password", () => {
  assert.throws(check("annberg2024"), (error: Error) => !error.message.includes("annberg2024"));
});
