import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketLabel } from "./date-bucket.ts";

test("a month is named in the caller's language", () => {
  assert.deepEqual(bucketLabel("2026-11-01", "month", "de"), ["2026-11-01", "November 2026"]);
  assert.equal(bucketLabel("2026-12-01", "month", "fr")[1], "décembre 2026");
});

test("a language that is none is taken for English instead of failing the call", () => {
  for (const language of ["x".repeat(64), "a", "-", "en--US", "../../etc", "en-u-"])
    assert.equal(bucketLabel("2026-11-01", "month", language)[1], "November 2026", language);
});
