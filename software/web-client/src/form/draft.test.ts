import assert from "node:assert/strict";
import { test } from "node:test";
import { partlyTyped } from "../fields/partly-typed.ts";
import { testFields } from "../testing/fields.ts";
import {
  draftValue,
  isDirty,
  newDraft,
  openDraft,
  problemsBeforeSaving,
  valuesToSave,
  withLines,
  withValue,
} from "./draft.ts";
import { addLine, changeLine, openLines, removeLine } from "./lines.ts";

const base = {
  name: "Ann",
  email: null,
  country_id: { id: 7, name: "Latvia" },
  tag_ids: [1, 2],
  is_company: false,
};
const draft = openDraft(5, base);

test("an untouched record is not dirty", () => {
  assert.equal(isDirty(draft), false);
  assert.deepEqual(valuesToSave(draft, testFields, {}), {});
});

test("only what changed is saved, in the shapes of the wire", () => {
  const edited = [
    ["name", "Anna"],
    ["country_id", null],
    ["tag_ids", [2, 3]],
    ["seen", "2026-11-22T10:00:00Z"],
  ].reduce((next, [field, value]) => withValue(next, field as string, value as string), draft);
  assert.deepEqual(valuesToSave(edited, testFields, {}), {
    name: "Anna",
    country_id: false,
    tag_ids: [[6, 0, [2, 3]]],
    seen: "2026-11-22 10:00:00",
  });
});

test("typing the old value back leaves the record clean", () => {
  assert.equal(isDirty(withValue(withValue(draft, "name", "Anna"), "name", "Ann")), false);
  assert.equal(isDirty(withValue(draft, "email", "")), false);
  assert.equal(isDirty(withValue(draft, "country_id", { id: 7, name: "another name of the same" })), false);
  assert.equal(isDirty(withValue(draft, "tag_ids", [2, 1])), false);
});

test("a new record saves its defaults too, but never what is computed or unset", () => {
  const fresh = withValue(
    newDraft({ state: "draft", subtotal: "1.00", note: null, is_company: false }),
    "name",
    "Bo",
  );
  assert.deepEqual(valuesToSave(fresh, testFields, {}), { state: "draft", is_company: false, name: "Bo" });
});

test("defaults alone do not make a new record dirty", () => {
  assert.equal(isDirty(newDraft({ state: "draft" })), false);
});

test("changed, added and removed lines are saved with their record", () => {
  const lines = openLines([
    { id: 1, name: "Oak", quantity: "1" },
    { id: 2, name: "Ash", quantity: "2" },
  ]);
  const edited = changeLine(removeLine(lines, "line-2"), "line-1", "quantity", "3");
  const more = changeLine(addLine(edited, "new-1", { quantity: "1" }), "new-1", "name", "Elm");
  assert.deepEqual(valuesToSave(withLines(draft, "line_ids", more), testFields, { line_ids: testFields }), {
    line_ids: [
      [1, 1, { quantity: "3" }],
      [2, 2, 0],
      [0, 0, { quantity: "1", name: "Elm" }],
    ],
  });
});

test("a line that was added and left blank is neither dirty nor saved", () => {
  const blank = withLines(draft, "line_ids", addLine([], "new-1", { quantity: "1" }));
  assert.equal(isDirty(blank), false);
  assert.deepEqual(valuesToSave(blank, testFields, { line_ids: testFields }), {});
});

test("a date that is typed in part is not saved, and said to be missing parts", () => {
  const wrong = withValue(withValue(draft, "day", partlyTyped), "seen", partlyTyped);
  assert.equal(isDirty(wrong), true);
  assert.deepEqual(problemsBeforeSaving(wrong, testFields, ["day", "seen", "name"]), {
    day: "Day is only partly filled in: give each part, or clear all of them.",
    seen: "Last seen is only partly filled in: give each part, or clear all of them.",
  });
});

test("missing values and wrong numbers are named before the server is asked", () => {
  const wrong = withValue(withValue(draft, "name", ""), "price", "12.x");
  assert.equal(draftValue(wrong, "name"), "");
  assert.deepEqual(problemsBeforeSaving(wrong, testFields, ["name", "price", "email"]), {
    name: "Name is needed.",
    price: "Price is not a number.",
  });
});
