import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { ColumnValue } from "../field-value.ts";
import { type View, viewOf } from "../keyed.ts";
import type { Model } from "../model.ts";
import type { PlacedCompute } from "../triggers.ts";
import { type Commands, isIdle, parseCommands } from "./commands.ts";
import type { Context } from "./context.ts";
import { maxInHand } from "./hand.ts";
import type { Prepared } from "./prepare.ts";
import { storedValue } from "./stored-value.ts";

/** What was computed before the INSERT. */
export interface Beforehand {
  /** Computes that need not run again. */
  readonly done: ReadonlySet<PlacedCompute>;
  /** Records to link in the new rows' collections, above all rights; by the row's place. */
  readonly links: readonly ReadonlyMap<string, Commands>[];
}

const nothing: Beforehand = { done: new Set(), links: [] };

/**
 * Computes what new records hold before they are stored, so that one INSERT has it all: by the computes that say
 * that they can (`Compute.beforehand`). They see the records under numbers that no record has; of a collection they
 * may say which records are to be linked, where the caller named none.
 *
 * When one of them fails, none counts: all run after the INSERT, as the others do, when the references that the
 * caller gave have been held against the rules. So no failure tells of a record that the caller may not see.
 *
 * @param explicit - what the caller gave by name, for each row: it stays as given.
 */
export async function computeBeforehand(
  context: Context,
  model: Model,
  rows: readonly Prepared[],
  explicit: readonly (readonly string[])[],
): Promise<Beforehand> {
  const due = (context.triggers.computes.get(model.name) ?? []).filter(
    (one) => one.compute.beforehand === true,
  );
  const hand = context.unit?.hand;
  if (due.length === 0 || hand === undefined || rows.length > maxInHand) return nothing;
  const { env, actor } = context.system("compute what a new record holds");
  const view = viewOf(actor);
  const ids = hand.newIds(rows.length);
  const drafts = rows.map((row, at): Draft => {
    const links = new Map<string, Commands>();
    return { model, given: row, explicit: explicit[at] ?? [], columns: new Map(row.columns), links };
  });
  try {
    for (const { compute } of due) {
      for (const [at, id] of ids.entries()) hand.keep(model, id, known(drafts[at] as Draft));
      const found = await hand.forReading(() => compute.run(env, ids));
      for (const [at, id] of ids.entries()) take(drafts[at] as Draft, found.get(id) ?? {}, view);
    }
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return nothing;
  } finally {
    hand.forgetRows(model, ids);
  }
  for (const { given, columns } of drafts)
    for (const [name, value] of columns) given.columns.set(name, value);
  return { done: new Set(due), links: drafts.map(({ links }) => links) };
}

/** One new record while it is computed. */
interface Draft {
  readonly model: Model;
  readonly given: Prepared;
  readonly explicit: readonly string[];
  readonly columns: Map<string, ColumnValue>;
  readonly links: Map<string, Commands>;
}

function take(draft: Draft, values: Readonly<Record<string, unknown>>, view: View): void {
  const { model, given, explicit, columns, links } = draft;
  for (const [name, value] of Object.entries(values)) {
    const place = { model, name, field: present(model.fields[name], `computed field "${name}"`) };
    if (place.field.kind === "many2many") {
      const commands = given.collections.get(name);
      if (commands === undefined || isIdle(commands)) links.set(name, parseCommands(place, value));
    } else if (!explicit.includes(name)) columns.set(name, storedValue(place, value, view));
  }
}

/** What is known of a record that is not stored: its columns, and collections that so far nobody but we have filled. */
function* known({ model, given, columns, links }: Draft): Generator<readonly [string, unknown]> {
  yield* columns;
  for (const [name, { kind }] of Object.entries(model.fields)) {
    if (kind !== "many2many") continue;
    const commands = given.collections.get(name);
    if (commands === undefined || isIdle(commands)) yield [name, links.get(name)?.link ?? []];
  }
}
