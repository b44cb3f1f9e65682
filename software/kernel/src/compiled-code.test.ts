import assert from "node:assert/strict";
import { test } from "node:test";
import { compiledCode } from "./compiled-code.ts";

test("the folder of all users is handed on, not one user's own, and nothing where nothing is set", () => {
  assert.deepEqual(compiledCode("/var/cache/compiled/v26-x64-1a2b-0"), {
    NODE_COMPILE_CACHE: "/var/cache/compiled",
  });
  assert.deepEqual(compiledCode(undefined), {});
});
