import assert from "node:assert/strict";
import { test } from "node:test";
import { type Draft, isDirty, openDraft, withLines, withValue } from "./draft.ts";
import { addLine, changeLine, type Line, lineValue, openLines, removeLine, shownLines } from "./lines.ts";
import { rebase, reread } from "./rebase.ts";

const rows = [
  { id: 1, name: "Oak", quantity: "1" },
  { id: 2, name: "Ash", quantity: "2" },
];
const opened = openDraft(5, { name: "Ann", city: "Riga", write_date: "one" }, { lines: openLines(rows) });
const sent = typed(withValue(opened, "name", "Anna"), (lines) =>
  changeLine(
    addLine(changeLine(lines, "line-1", "name", "Elm"), "new-1", { quantity: "1" }),
    "new-1",
    "name",
    "Fir",
  ),
);
const saved = openDraft(
  5,
  { name: "Anna", city: "Riga", write_date: "two" },
  {
    lines: openLines([
      { id: 1, name: "Elm", quantity: "1" },
      { id: 2, name: "Ash", quantity: "2" },
      { id: 9, name: "Fir", quantity: "1" },
    ]),
  },
);

function typed(draft: Draft, change: (lines: readonly Line[]) => readonly Line[]): Draft {
  return withLines(draft, "lines", change(draft.lines["lines"] ?? []));
}

const words = (draft: Draft) =>
  shownLines(draft.lines["lines"] ?? []).map((line) => [
    line.key,
    line.id,
    lineValue(line, "name"),
    lineValue(line, "quantity"),
  ]);

test("nothing typed while saving: the record as it was read back, its lines under the keys they had", () => {
  const next = rebase(sent, sent, saved);
  assert.equal(isDirty(next), false);
  assert.deepEqual(words(next), [
    ["line-1", 1, "Elm", "1"],
    ["line-2", 2, "Ash", "2"],
    ["new-1", 9, "Fir", "1"],
  ]);
});

test("what is typed while saving stays, in fields, in old lines and in lines that the save made", () => {
  const current = typed(withValue(withValue(sent, "city", "Cēsis"), "name", "Anna B."), (lines) =>
    changeLine(changeLine(lines, "new-1", "quantity", "7"), "line-2", "name", "Asp"),
  );
  const next = rebase(current, sent, saved);
  assert.deepEqual(next.changes, { city: "Cēsis", name: "Anna B." });
  assert.deepEqual(words(next), [
    ["line-1", 1, "Elm", "1"],
    ["line-2", 2, "Asp", "2"],
    ["new-1", 9, "Fir", "7"],
  ]);
  assert.deepEqual(
    next.lines["lines"]?.map(({ changes }) => changes),
    [{}, { name: "Asp" }, { quantity: "7" }],
  );
});

test("typing the old value back while saving is a change of its own", () => {
  assert.deepEqual(rebase(withValue(sent, "name", "Ann"), sent, saved).changes, { name: "Ann" });
});

test("a line that is added while saving stays where it was added, one that is taken away goes", () => {
  const current = typed(sent, (lines) =>
    changeLine(
      addLine(removeLine(removeLine(lines, "new-1"), "line-2"), "new-2", {}, "line-1"),
      "new-2",
      "name",
      "Yew",
    ),
  );
  const next = rebase(current, sent, saved);
  assert.deepEqual(words(next), [
    ["line-1", 1, "Elm", "1"],
    ["new-2", null, "Yew", null],
  ]);
  assert.deepEqual(
    next.lines["lines"]?.filter(({ removed }) => removed).map(({ id }) => id),
    [2, 9],
  );
});

test("an empty line that was saved along is gone, one with words since is not", () => {
  const blank = typed(opened, (lines) => addLine(lines, "new-3"));
  assert.equal(words(rebase(blank, blank, opened)).length, 2);
  const since = typed(blank, (lines) => changeLine(lines, "new-3", "name", "Yew"));
  assert.equal(words(rebase(since, blank, opened)).length, 3);
});

test("reading again keeps what is not saved, and what the person saw of it, so that a conflict is still noticed", () => {
  const others = openDraft(5, { name: "Anne", city: "Liepāja", write_date: "three" }, saved.lines);
  const next = reread(sent, others);
  assert.deepEqual(
    [next.changes, next.base],
    [{ name: "Anna" }, { name: "Ann", city: "Liepāja", write_date: "one" }],
  );
  assert.deepEqual(
    words(next).map(([, , name]) => name),
    ["Elm", "Ash", "Fir", "Fir"],
  );
});
