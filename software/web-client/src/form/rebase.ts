import { sameValue, type Values } from "../wire/values.ts";
import { type Draft, draftOf, withValue } from "./draft.ts";
import { isBlank, type Line } from "./lines.ts";

/**
 * What a person has before them once a save was read back: the record as it is now, and on top of it everything
 * that was typed while the save was under way.
 *
 * @param current - the draft as it is now; @param sent - the draft as it was saved; @param saved - as read back.
 *
 * Lines keep their keys, so that the cell with the cursor stays the same cell. Lines that the save made are found
 * by their order, since ids are given in order.
 */
export function rebase(current: Draft, sent: Draft, saved: Draft): Draft {
  const names = new Set([...Object.keys(current.changes), ...Object.keys(sent.changes)]);
  let next: Draft = { ...saved, lines: {} };
  for (const name of names) {
    const typed = typedValue(current, name);
    if (!sameValue(typed, typedValue(sent, name))) next = withValue(next, name, typed);
  }
  const tables = Object.keys({ ...saved.lines, ...current.lines });
  const lines = tables.map((name) => [
    name,
    rebaseLines(current.lines[name] ?? [], sent.lines[name] ?? [], saved.lines[name] ?? []),
  ]);
  return { ...next, lines: Object.fromEntries(lines) };
}

/**
 * The record as it was read again, with what is not saved yet on top. Fields that were changed keep the value that
 * the person saw before, so that saving still notices when somebody else changed them.
 */
export function reread(current: Draft, read: Draft): Draft {
  const changed = Object.keys(current.changes);
  if (changed.length === 0) return rebase(current, draftOf(current), read);
  const seen = [...changed, "write_date"].filter((name) => name in current.base);
  const base = {
    ...read.base,
    ...Object.fromEntries(seen.map((name) => [name, current.base[name] ?? null])),
  };
  return rebase(current, draftOf(current), { ...read, base });
}

function typedValue(draft: Draft, name: string) {
  return (name in draft.changes ? draft.changes : draft.base)[name] ?? null;
}

function rebaseLines(current: readonly Line[], sent: readonly Line[], saved: readonly Line[]): Line[] {
  const home = savedBySent(sent, saved);
  const now = new Map(current.map((line) => [line.key, line]));
  const before = new Map(sent.map((line) => [line.key, line]));
  const keys = new Map([...home].map(([key, line]) => [line.key, key]));
  const rebased = saved.map((line): Line => {
    const key = keys.get(line.key);
    const then = key === undefined ? undefined : before.get(key);
    if (key === undefined || then === undefined) return line;
    const typed = now.get(key);
    // Taken away while its save was under way: it exists now, and has to be removed.
    if (typed === undefined || (typed.removed && !then.removed)) return { ...line, key, removed: true };
    return { ...line, key, changes: typedSince(typed, then, line.base) };
  });
  for (const [at, line] of current.entries()) {
    if (home.has(line.key) || line.id !== null) continue;
    const then = before.get(line.key);
    if (then !== undefined && isBlank(line) && isBlank(then)) continue;
    const previous = rebased.findLastIndex(({ key }) => key === current[at - 1]?.key);
    rebased.splice(previous < 0 && at > 0 ? rebased.length : previous + 1, 0, line);
  }
  return rebased;
}

/** The saved line of each sent one, by the key of the sent one. */
function savedBySent(sent: readonly Line[], saved: readonly Line[]): Map<string, Line> {
  const known = new Set(sent.map(({ id }) => id));
  const made = saved
    .filter(({ id }) => !known.has(id))
    .toSorted((left, right) => (left.id ?? 0) - (right.id ?? 0));
  const byId = new Map(saved.map((line) => [line.id, line]));
  let next = 0;
  const pairs = sent.flatMap((line): [string, Line][] => {
    if (line.id === null && (line.removed || isBlank(line))) return [];
    const home = line.id === null ? made[next++] : byId.get(line.id);
    return home ? [[line.key, home]] : [];
  });
  return new Map(pairs);
}

function typedSince(typed: Line, then: Line, base: Values): Values {
  const changes: Record<string, Values[string]> = {};
  for (const name of new Set([...Object.keys(typed.changes), ...Object.keys(then.changes)])) {
    const value = (name in typed.changes ? typed.changes : typed.base)[name] ?? null;
    const sentValue = (name in then.changes ? then.changes : then.base)[name] ?? null;
    if (!sameValue(value, sentValue) && !sameValue(value, base[name])) changes[name] = value;
  }
  return changes;
}
