import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import type { Facet } from "./facet.ts";
import { facetLabel } from "./facet-label.ts";

const view = { fields: testFields, filters: [{ name: "mine", label: "My quotations", domain: [] }] };
const words = (facet: Facet) => {
  const { subject, value } = facetLabel(facet, view, { language: "en-GB", timeZone: "Europe/Riga" });
  return `${subject} ${value}`.trim();
};

test("a chip reads as a sentence would", () => {
  assert.equal(words({ kind: "has", field: "name", text: "riga" }), "Name riga");
  assert.equal(words({ kind: "is", field: "country_id", value: "7", label: "Latvia" }), "Country Latvia");
  assert.equal(words({ kind: "filter", name: "mine" }), "My quotations");
  assert.equal(words({ kind: "filter", name: "archived" }), "Archived");
  assert.equal(words({ kind: "in", field: "day", period: "2026-11" }), "Day November 2026");
  assert.equal(words({ kind: "where", field: "count", operator: ">=", value: "3" }), "Count at least 3");
  assert.equal(
    words({ kind: "where", field: "state", operator: "!=", value: "draft" }),
    "State is not Quotation",
  );
});

test("moments are said in the person's zone, and since when", () => {
  const facet = { kind: "where", field: "seen", operator: ">=", value: "2026-11-22 22:30:00" } as const;
  assert.equal(words(facet), "Last seen since 23 Nov 2026, 00:30");
});
