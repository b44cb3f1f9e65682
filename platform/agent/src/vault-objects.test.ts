import assert from "node:assert/strict";
import { test } from "node:test";
import { headName, objectName } from "@holdfast/backups/object-name";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { anyTenant } from "./testing.ts";
import { headsToPrune } from "./vault-objects.ts";

test("of a vault's catalog heads the newest thirty stay; backups are none of them", () => {
  const tenant = anyTenant();
  const heads = Array.from({ length: 35 }, (_, index) => headName(tenant, index + 8));
  const backup = objectName(tenant, newId<"backup">(Date.now(), systemRandom.bytes(10)));
  const oldest = heads.slice(0, 5);
  assert.deepEqual(headsToPrune([backup, ...heads.toReversed()]), oldest);
  assert.deepEqual(headsToPrune(heads.slice(5)), []);
  const many = Array.from({ length: 500 }, (_, index) => headName(tenant, index + 1));
  assert.equal(headsToPrune(many).length, 20);
});
