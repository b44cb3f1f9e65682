import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { searchDomain } from "./domain.ts";
import { searchOfDomain } from "./of-domain.ts";

const view = { fields: testFields, filters: [] };

test("a button's list shows what it is limited to", () => {
  const domain = [
    ["country_id", "=", 7],
    ["count", ">=", 3],
    ["is_company", "=", true],
  ] as const;
  assert.deepEqual(searchDomain(searchOfDomain(domain).facets, view), [
    "&",
    "&",
    ...[domain[0], domain[1], domain[2]],
  ]);
});

test("a few records by id become alternatives of one facet", () => {
  assert.deepEqual(searchDomain(searchOfDomain([["count", "in", [1, 2]]]).facets, view), [
    "|",
    ["count", "=", 1],
    ["count", "=", 2],
  ]);
});

test("alternatives that no facet can say are not half said", () => {
  assert.deepEqual(searchOfDomain(["|", ["a", "=", 1], ["b", "=", 2]]).facets, []);
});
