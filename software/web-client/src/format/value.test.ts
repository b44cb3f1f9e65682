import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import type { Value } from "../wire/values.ts";
import { formatAge, formatCount, formatValue, type Locale, plainText } from "./value.ts";

const riga: Locale = { language: "en-GB", timeZone: "Europe/Riga" };
const german: Locale = { language: "de-DE", timeZone: "Europe/Berlin" };
const show = (name: string, value: Value, locale = riga, currency?: string) => {
  const field = testFields[name];
  assert.ok(field);
  return formatValue(field, value, locale, currency).replaceAll("\u00a0", " ");
};

test("what is not set shows as nothing", () => {
  for (const name of Object.keys(testFields)) assert.equal(show(name, null), "");
  assert.equal(show("tag_ids", []), "");
});

test("money carries its currency, in the person's way of writing, exactly", () => {
  assert.equal(show("price", "1234567890123456.78", riga, "EUR"), "€1,234,567,890,123,456.78");
  assert.equal(show("price", "1234.5", german, "EUR"), "1.234,50 €");
  assert.equal(show("price", "1234.5", german), "1.234,50");
  assert.equal(show("price", "3", riga, "nonsense"), "3.00");
});

test("quantities show the places they need", () => {
  assert.equal(show("quantity", "3.000"), "3");
  assert.equal(show("quantity", "3.125"), "3.125");
});

test("a day stays the same day in every zone, a moment moves", () => {
  assert.equal(show("day", "2026-11-22", { language: "en-GB", timeZone: "Pacific/Auckland" }), "22 Nov 2026");
  assert.equal(show("seen", "2026-11-22T22:30:00Z"), "23 Nov 2026, 00:30");
});

test("choices and references show their names, never their keys", () => {
  assert.equal(show("state", "draft"), "Quotation");
  assert.equal(show("country_id", { id: 7, name: "Latvia" }), "Latvia");
  assert.equal(show("country_id", { id: 7, name: "" }), "#7");
  assert.equal(show("is_company", false), "No");
});

test("ages are short, and dates once they are old", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  assert.equal(formatAge("2026-11-22T11:59:40Z", now, riga), "just now");
  assert.match(formatAge("2026-11-22T11:58:00Z", now, riga), /2 min/);
  assert.equal(formatAge("2026-11-21T12:00:00Z", now, riga), "yesterday");
  assert.equal(formatAge("2026-10-01T12:00:00Z", now, riga), "1 Oct 2026");
});

test("a count that stopped says so", () => {
  assert.equal(formatCount(10_000, riga, true), "10,000+");
  assert.equal(formatCount(1000, riga), "1,000");
});

test("rich text in a list is its words", () => {
  assert.equal(plainText("<p>Hello&nbsp;<b>you</b> &amp; me</p>"), "Hello you & me");
});
