import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import {
  addLine,
  changeLine,
  isBlank,
  lineCommands,
  lineTotal,
  lineValue,
  openLines,
  removeLine,
  shownLines,
  withComputed,
} from "./lines.ts";

const lines = openLines([
  { id: 1, name: "Oak", subtotal: "10.10" },
  { id: 2, name: "Ash", subtotal: "0.20" },
]);

test("the total is exact and leaves out what was removed", () => {
  assert.equal(lineTotal(lines, "subtotal"), "10.30");
  assert.equal(lineTotal(removeLine(lines, "line-2"), "subtotal"), "10.10");
  assert.equal(lineTotal([], "subtotal"), "0");
});

test("Enter adds a line behind the one it was pressed in", () => {
  assert.deepEqual(
    addLine(lines, "new-1", {}, "line-1").map((line) => line.key),
    ["line-1", "new-1", "line-2"],
  );
  assert.deepEqual(
    addLine(lines, "new-1").map((line) => line.key),
    ["line-1", "line-2", "new-1"],
  );
});

test("changing one line leaves the others the same objects", () => {
  const changed = changeLine(lines, "line-1", "name", "Elm");
  assert.equal(changed[1], lines[1]);
  assert.notEqual(changed[0], lines[0]);
});

test("a removed new line is forgotten, a removed saved one is deleted on save", () => {
  const added = addLine(lines, "new-1");
  assert.deepEqual(removeLine(added, "new-1"), lines);
  assert.deepEqual(lineCommands(removeLine(lines, "line-1"), testFields), [[2, 1, 0]]);
  assert.equal(shownLines(removeLine(lines, "line-1")).length, 1);
});

test("computed values land on their lines, new ones in order, and never over what was typed", () => {
  const edited = changeLine(
    changeLine(addLine(addLine(lines, "new-1"), "new-2"), "new-1", "name", "A"),
    "new-2",
    "name",
    "B",
  );
  const typed = changeLine(edited, "line-1", "quantity", "2");
  const result = withComputed(typed, [
    { id: 1, name: "Oak", quantity: "9", subtotal: "20.20" },
    { id: 2, name: "Ash", subtotal: "0.20" },
    { id: 12, name: "b", subtotal: "2.00" },
    { id: 11, name: "a", subtotal: "1.00" },
  ]);
  assert.deepEqual(
    result.map((line) => lineValue(line, "subtotal")),
    ["20.20", "0.20", "1.00", "2.00"],
  );
  assert.deepEqual(
    result.map((line) => lineValue(line, "name")),
    ["Oak", "Ash", "A", "B"],
  );
  assert.deepEqual(
    result.map((line) => line.id),
    [1, 2, null, null],
  );
  assert.equal(lineValue(result[0]!, "quantity"), "2");
});

test("blank lines wait without computed values", () => {
  const blank = addLine(lines, "new-1", { quantity: "1" });
  assert.ok(isBlank(blank[2]!));
  assert.equal(lineValue(withComputed(blank, [{ id: 9, name: "x" }])[2]!, "name"), null);
});
