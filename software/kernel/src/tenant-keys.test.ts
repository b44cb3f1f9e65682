import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deriveKey, fileKeyPurpose } from "./sealed-stream.ts";
import { keyFor, lastingPurposes } from "./tenant-keys.ts";

const framework = join(import.meta.dirname, "../../framework/src");

test("whatever purpose the software asks a key for, a change of the data key was thought of", () => {
  const asked = globSync("**/*.ts", { cwd: framework })
    .filter((name) => !name.endsWith(".test.ts"))
    .flatMap((name) => [
      ...readFileSync(join(framework, name), "utf8").matchAll(/[.]key\("([a-z0-9.-]+)"\)/g),
    ])
    .map(([, purpose = ""]) => purpose);
  assert.ok(asked.includes("factors.v1"), "the search finds those that are known");
  for (const purpose of new Set(asked))
    assert.ok([fileKeyPurpose, ...lastingPurposes].includes(purpose), purpose);
});

test("a lasting key stays what it was under the first data key; all others follow the current one", () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const keys = { dataKey: second, otherKeys: [first], lastingKeys: { csrf: deriveKey(first, "csrf") } };
  assert.deepEqual(keyFor(keys, "csrf"), keyFor({ dataKey: first }, "csrf"));
  assert.deepEqual(keyFor(keys, fileKeyPurpose), deriveKey(second, fileKeyPurpose));
});
