import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { shippedMatrix } from "./print-access-matrix.ts";

test("who may do what stands in docs/access-matrix.txt, as it is", () => {
  const golden = readFileSync(new URL("../docs/access-matrix.txt", import.meta.url), "utf8");
  assert.equal(
    shippedMatrix(),
    golden,
    "print it anew: node tests/print-access-matrix.ts > docs/access-matrix.txt",
  );
});
