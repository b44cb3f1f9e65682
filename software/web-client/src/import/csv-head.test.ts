import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { guessMapping, previewRows, readCsvHead } from "./csv-head.ts";

test("quotes, line ends within cells and a byte order mark are read", () => {
  const head = readCsvHead('\ufeffName;Note\r\n"Ann ""A""";"two\nlines"\r\nBo;\r\n', true);
  assert.deepEqual(head, {
    header: ["Name", "Note"],
    rows: [
      ['Ann "A"', "two\nlines"],
      ["Bo", ""],
    ],
  });
});

test("a row that the cut may have broken is not shown", () => {
  assert.deepEqual(readCsvHead("Name\nAnn\nBo\nCh", false).rows, [["Ann"], ["Bo"]]);
  assert.deepEqual(readCsvHead("Name\nAnn\nBo\nCh", true).rows, [["Ann"], ["Bo"], ["Ch"]]);
});

test("only the first rows are read", () => {
  const text = `Name\n${Array.from({ length: 100 }, (_, index) => `row ${index}`).join("\n")}`;
  assert.equal(readCsvHead(text, true).rows.length, previewRows);
});

test("columns find their fields by name or label, each field once", () => {
  assert.deepEqual(
    guessMapping(["Name", "E-mail", "country", "Is a company", "name", "Colour"], testFields),
    ["name", "email", "country_id", "is_company", null, null],
  );
});

test("computed fields are never a target", () => {
  assert.deepEqual(guessMapping(["Subtotal", "id"], testFields), [null, null]);
});
