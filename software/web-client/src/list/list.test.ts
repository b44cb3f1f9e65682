import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import type { FieldDescription } from "../wire/shapes.ts";
import { formatCsv } from "./csv.ts";
import { readGroups } from "./groups.ts";
import { sumsToAsk, sumText } from "./sums.ts";
import { overscanRows, pagesOf, rowWindow } from "./window.ts";

const locale = { language: "en", timeZone: "UTC" };

test("only rows in sight are drawn, and some around them", () => {
  const window = rowWindow(10_000, { top: 40_000, height: 800, rowHeight: 40 });
  assert.deepEqual(window, { first: 1000 - overscanRows, end: 1000 + 20 + overscanRows });
  assert.deepEqual(pagesOf(window), [12]);
});

test("a window never reaches beyond the list", () => {
  assert.deepEqual(rowWindow(3, { top: 0, height: 800, rowHeight: 40 }), { first: 0, end: 3 });
  assert.deepEqual(rowWindow(3, { top: 99_999, height: 800, rowHeight: 40 }), { first: 2, end: 3 });
  assert.deepEqual(pagesOf(rowWindow(0, { top: 0, height: 800, rowHeight: 40 })), []);
});

test("groups carry name, count, sums and the domain of their rows", () => {
  const wire = [
    {
      country_id: [7, "Latvia"],
      country_id_count: 3,
      price: [
        { currency: [3, "JPY"], sum: 300 },
        { currency: [2, "EUR"], sum: 1200 },
        { currency: [4, "TND"], sum: 1.235 },
      ],
      __domain: ["&", ["a", "=", 1], ["country_id", "=", 7]],
    },
    { country_id: false, __count: 2, price: [] },
  ];
  const options = {
    groupBy: "country_id",
    fields: testFields,
    sums: ["price:by_currency"],
    domain: [["a", "=", 1]] as const,
    locale,
  };
  assert.deepEqual(readGroups(wire, options), [
    {
      key: '[7,"Latvia"]',
      label: "Latvia",
      count: 3,
      sums: { price: wire[0]!.price },
      domain: wire[0]!.__domain,
    },
    {
      key: "false",
      label: "None",
      count: 2,
      sums: { price: [] },
      domain: ["&", ["a", "=", 1], ["country_id", "=", false]],
    },
  ]);
});

test("sums are shown in their currency, several each by itself; what has none as a bare number", () => {
  const { price, subtotal, quantity } = testFields as Record<string, FieldDescription>;
  const sums = [
    { currency: [3, "JPY"], sum: 300 },
    { currency: [2, "EUR"], sum: 1200 },
    { currency: [4, "TND"], sum: 1.235 },
    { currency: false, sum: 0.5 },
  ];
  assert.equal(plain(sumText(price!, sums, locale)), "0.50 · €1,200.00 · ¥300 · TND 1.235");
  assert.equal(plain(sumText(price!, sums.slice(0, 1), locale)), "¥300");
  assert.equal(sumText(price!, [], locale), "");
  assert.equal(sumText(subtotal!, 10.5, locale), "10.50");
  assert.equal(sumText(quantity!, 2.125, locale), "2.125");
  assert.equal(sumText(quantity!, false, locale), "0");
});

test("amounts are asked for by currency where the currency may be seen, other sums as they are", () => {
  const columns = ["price", "subtotal", "quantity"].map((name) => ({ field: testFields[name]!, sum: true }));
  const fields = { ...testFields, currency_id: testFields["country_id"]! };
  assert.deepEqual(sumsToAsk(columns as never, fields), ["price:by_currency", "subtotal", "quantity"]);
  assert.deepEqual(sumsToAsk(columns as never, testFields), ["price", "subtotal", "quantity"]);
});

/** Without the spaces that do not break. */
function plain(text: string): string {
  return text.replaceAll("\u00a0", " ");
}

test("exports quote what must be quoted and disarm formulas", () => {
  assert.equal(
    formatCsv([
      ["Name", "Amount"],
      ['A "b", c', "-1.5"],
      ["=HYPERLINK(1)", "+49 30"],
    ]),
    '\ufeffName,Amount\r\n"A ""b"", c",-1.5\r\n\'=HYPERLINK(1),+49 30\r\n',
  );
});
