import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { formatCsv } from "./csv.ts";
import { readGroups } from "./groups.ts";
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
      price: 10.5,
      __domain: ["&", ["a", "=", 1], ["country_id", "=", 7]],
    },
    { country_id: false, __count: 2, price: false },
  ];
  const options = {
    groupBy: "country_id",
    fields: testFields,
    sums: ["price"],
    domain: [["a", "=", 1]] as const,
    locale,
  };
  assert.deepEqual(readGroups(wire, options), [
    { key: '[7,"Latvia"]', label: "Latvia", count: 3, sums: { price: "10.5" }, domain: wire[0]!.__domain },
    {
      key: "false",
      label: "None",
      count: 2,
      sums: { price: "0" },
      domain: ["&", ["a", "=", 1], ["country_id", "=", false]],
    },
  ]);
});

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
