import assert from "node:assert/strict";
import { test } from "node:test";
import { readRecordText } from "./record-text.ts";

test("a record of one of several models is its model and its number, and nothing else is", () => {
  assert.deepEqual(readRecordText("res.partner,7"), { model: "res.partner", id: 7 });
  for (const other of [null, false, "", "res.partner", ",7", "res.partner,x", "res.partner,7 ", 7])
    assert.equal(readRecordText(other), null);
});
