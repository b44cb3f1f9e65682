import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, Verdict } from "./verdict.ts";

test("a verdict without problems passes with its figures and notes", () => {
  const verdict = new Verdict();
  verdict.note("1 database is younger than a day");
  assert.deepEqual(verdict.finding("6 copies were read back", ", all of them whole"), {
    state: "pass",
    summary: "6 copies were read back, all of them whole. 1 database is younger than a day.",
    details: {},
  });
});

test("one problem fails it, and the place of the problem is never public", () => {
  const verdict = new Verdict();
  verdict.problem("a copy is damaged", "acme in eu-west");
  verdict.problem("a copy is damaged", "acme in eu-north");
  const finding = verdict.finding("6 copies were read back", ", all of them whole");
  assert.equal(finding.state, "fail");
  assert.equal(finding.summary, "A copy is damaged (2 times). 6 copies were read back.");
  assert.deepEqual(finding.details, {
    problems: { "a copy is damaged": ["acme in eu-west", "acme in eu-north"] },
  });
});

test("what only poses as the real thing is said to be simulated", () => {
  const verdict = new Verdict();
  verdict.simulated();
  assert.equal(verdict.finding("all is well").simulated, true);
});

test("figures are counted in words", () => {
  assert.equal(counted(1, "copy", "copies"), "1 copy");
  assert.equal(counted(1200, "copy", "copies"), "1,200 copies");
});
