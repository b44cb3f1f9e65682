import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { allOf, anyOf, searchDomain } from "./domain.ts";
import type { Facet } from "./facet.ts";

const view = {
  fields: testFields,
  filters: [{ name: "companies", label: "Companies", domain: [["is_company", "=", true]] as const }],
};
const domainOf = (...facets: Facet[]) => searchDomain(facets, view);

test("no facets, no conditions", () => {
  assert.deepEqual(domainOf(), []);
});

test("facets of one field are alternatives, of several fields conditions", () => {
  assert.deepEqual(
    domainOf(
      { kind: "has", field: "name", text: "riga" },
      { kind: "has", field: "name", text: "tallinn" },
      { kind: "is", field: "state", value: "draft", label: "Draft" },
    ),
    ["&", "|", ["name", "ilike", "riga"], ["name", "ilike", "tallinn"], ["state", "=", "draft"]],
  );
});

test("a reference is compared by id, a yes or no as such", () => {
  assert.deepEqual(domainOf({ kind: "is", field: "country_id", value: "7", label: "Latvia" }), [
    ["country_id", "=", 7],
  ]);
  assert.deepEqual(domainOf({ kind: "is", field: "is_company", value: "true", label: "Yes" }), [
    ["is_company", "=", true],
  ]);
});

test("a month is a half-open span of days, or of moments", () => {
  const month = { kind: "in", period: "2026-12" } as const;
  assert.deepEqual(domainOf({ ...month, field: "day" }), [
    "&",
    ["day", ">=", "2026-12-01"],
    ["day", "<", "2027-01-01"],
  ]);
  assert.deepEqual(domainOf({ ...month, field: "seen" }), [
    "&",
    ["seen", ">=", "2026-12-01 00:00:00"],
    ["seen", "<", "2027-01-01 00:00:00"],
  ]);
});

test("fields and filters that the reader does not have are left out", () => {
  assert.deepEqual(
    domainOf({ kind: "has", field: "salary", text: "1" }, { kind: "filter", name: "secret" }),
    [],
  );
});

test("the menu's own domain always holds, and so does each declared filter", () => {
  assert.deepEqual(searchDomain([{ kind: "filter", name: "companies" }], view, [["active", "=", true]]), [
    "&",
    ["active", "=", true],
    ["is_company", "=", true],
  ]);
});

test("implied conjunctions are said aloud before they are joined", () => {
  const two = [
    ["a", "=", 1],
    ["b", "=", 2],
  ] as const;
  assert.deepEqual(anyOf([two, [["c", "=", 3]]]), ["|", "&", ...two, ["c", "=", 3]]);
  assert.deepEqual(
    allOf([
      ["!", ["a", "=", 1]],
      ["|", ...two],
    ]),
    ["&", "!", ["a", "=", 1], "|", ...two],
  );
  assert.deepEqual(allOf([[], two, []]), ["&", ...two]);
});
