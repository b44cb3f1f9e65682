import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { maxSuggestions, suggest } from "./suggest.ts";

const view = {
  fields: testFields,
  search: ["name", "email", "country_id", "state", "is_company", "price", "day", "salary"],
  filters: [{ name: "mine", label: "My quotations", domain: [] }],
};
const words = (typed: string, matches: Parameters<typeof suggest>[2]["matches"] = []) =>
  suggest(typed, view, { language: "en", matches }).map(
    ({ field, verb, value }) => `${field} ${verb} ${value}`,
  );

test("typing offers each searchable text field, the first one first", () => {
  assert.deepEqual(words("riga"), ["Name contains riga", "Email contains riga", "Country contains riga"]);
});

test("choices and filters whose name fits are offered, whatever the case", () => {
  assert.deepEqual(words("QUOT"), [
    "Name contains QUOT",
    "State is Quotation",
    "Email contains QUOT",
    "Country contains QUOT",
    "Filter  My quotations",
  ]);
});

test("records found for a relation are offered with their accents", () => {
  const found = words("riga", [
    { field: "country_id", id: 4, name: "Rīga" },
    { field: "country_id", id: 5, name: "Oslo" },
  ]);
  assert.equal(found[1], "Country is Rīga");
  assert.ok(!found.includes("Country is Oslo"));
});

test("a number is offered to number fields, a month to days", () => {
  assert.ok(words("12,5").includes("Price is 12.5"));
  assert.ok(words("2026-11").includes("Day in November 2026"));
  assert.ok(!words("2026-13").some((line) => line.startsWith("Day")));
});

test("nothing typed, nothing offered; never more than fits", () => {
  assert.deepEqual(words("  "), []);
  const many = Array.from({ length: 50 }, (_, id) => ({ field: "country_id", id, name: `Riga ${id}` }));
  assert.equal(words("riga", many).length, maxSuggestions);
});
