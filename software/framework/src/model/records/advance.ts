import { assert } from "@holdfast/kernel/assert";
import { ident, joinSql, sql } from "../../sql/sql.ts";
import type { Domain } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { markStale, ownerColumns, ownersOf } from "./affected.ts";
import { askedColumn, wasAsked } from "./changes.ts";
import { type Context, granted } from "./context.ts";
import { heldAtOnce } from "./held-at-once.ts";
import { project } from "./projection.ts";
import { valueSql } from "./rows.ts";
import { settling } from "./settle.ts";
import { stamps } from "./stamps.ts";
import { aliasesFor, all, column, searchTerms } from "./where.ts";

/** A counter that goes on, and what is read of its record. */
export interface Advance {
  /** Matches one record at most. */
  readonly domain: Domain;
  /** An integer. */
  readonly field: string;
  readonly by: number;
  readonly fields: readonly string[];
}

/** Counts on and reads, in one statement; see `Records.advance`. */
export function advance(
  context: Context,
  model: Model,
  { domain, field, by, fields }: Advance,
): Promise<Record<string, unknown> | undefined> {
  return settling(context, async () => {
    assert(context.actor.kind === "system", "counters are advanced in a system scope");
    assert(
      model.fields[field]?.kind === "integer" && model.guard === undefined,
      "what counts on is a counter",
    );
    context.alone?.refuse();
    const access = granted(context, model, "write");
    const place = { alias: "t", aliases: aliasesFor(context), fields: access.fields };
    const where = all(searchTerms(context, model, { access, domain, activeOnly: false }, place));
    const owners = ownerColumns(context, model);
    const held = heldAtOnce(context, model, "write", { fields: [field], place });
    const projection = project(context, model, fields, place);
    const asking = askedColumn(context, model);
    const own = ["id", ...owners].map((name) => column("t", name));
    const set = [
      sql`${ident(field)} = ${column("t", field)} + ${by}`,
      ...stamps(context, ["write"]).map(
        ([name, value]) => sql`${ident(name)} = ${valueSql(model, name, value)}`,
      ),
    ];
    context.unit?.changing();
    const tuples = await context.statements.tuples(
      sql`UPDATE ${ident(tableOf(model))} "t" SET ${joinSql(set)} WHERE ${where}
        RETURNING ${joinSql([...own, ...held.columns, ...projection.list, ...asking])}`,
    );
    assert(tuples.length <= 1, "a counter is one record");
    const ids = tuples.map((tuple) => tuple[0] as number);
    context.unit?.changedSince(model, ids, [field]);
    held.note(tuples, own.length);
    await markStale(context, model, { ids, fields: new Set([field]), owners: ownersOf(owners, tuples) });
    const touched = { ids, fields: [field], asked: wasAsked(asking, tuples) };
    context.unit?.touched({ context, model, operation: "write" }, touched);
    const [tuple] = tuples;
    return tuple && projection.record(tuple, own.length + held.columns.length);
  });
}
