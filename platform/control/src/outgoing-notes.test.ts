import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { OutgoingNotes } from "./outgoing-notes.ts";

test("who has something to be sent is known to a control that starts anew, the longest due first", () => {
  const folder = mkdtempSync(join(tmpdir(), "hf-outgoing-"));
  const tenant = (at: number) => newId<"tenant">(at, systemRandom.bytes(10));
  const [one, two, three] = [tenant(1), tenant(2), tenant(3)];
  try {
    const notes = new OutgoingNotes(folder);
    notes.note(one, 2_000);
    notes.note(two, 1_000);
    notes.note(three, 9_000);
    assert.deepEqual(new OutgoingNotes(folder).due(5_000), [two, one]);
    // Whoever was told of and is due all the same waits behind the others.
    notes.told([two]);
    assert.deepEqual(notes.due(9_000), [one, three, two]);
    notes.told([one, three]);
    assert.deepEqual(notes.due(9_000), [two, one, three]);
    notes.note(two, null);
    notes.note(two, null);
    assert.deepEqual(new OutgoingNotes(folder).due(9_000), [one, three]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
