import { ident, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { markStale } from "../records/affected.ts";
import type { Context } from "../records/context.ts";
import { exists } from "../records/read.ts";
import { aliasesFor, all, column, ruleTerms } from "../records/where.ts";
import { tableOf } from "../storage.ts";
import type { TrashEntry } from "./as-if.ts";
import type { UnsetReference } from "./trash-model.ts";

/**
 * Gives back the references that a deletion had unset, where they are still unset.
 *
 * A record that nobody has changed since (the transaction that last wrote its row is the deletion itself) gets its
 * value back whoever restores, as it lost it whoever deleted. One that was changed since may be meant as it is: it
 * gets the value by an ordinary change of the actor's, where they may make it, and is named otherwise.
 *
 * @returns sentences on what stays unset; nothing of records that the actor may not read.
 */
export async function relink(context: Context, entries: readonly TrashEntry[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const { unset, xid } of entries)
    for (const reference of unset) {
      const child = context.registry.models.get(reference.model);
      if (child?.fields[reference.field]?.kind !== "many2one") continue;
      await giveBack(context, child, reference, xid);
      const left = await changeAsActor(context, child, reference);
      if (left > 0) sentences.push(leftUnset(child, reference.field, left));
    }
  return sentences;
}

async function giveBack(
  context: Context,
  child: Model,
  { field, to, ids }: UnsetReference,
  xid: string,
): Promise<void> {
  context.unit?.changing();
  const tuples = await context.statements.tuples(
    sql`UPDATE ${ident(tableOf(child))} "t" SET ${ident(field)} = ${to}::integer
      WHERE ${column("t", "id")} = ANY(${ids}::integer[]) AND ${column("t", field)} IS NULL
      AND "t".xmin::text::bigint = ${xid}::bigint % 4294967296 RETURNING ${column("t", "id")}`,
  );
  const changed = tuples.map((tuple) => tuple[0] as number);
  context.unit?.changedSince(child, changed, [field]);
  await markStale(context, child, { ids: changed, fields: new Set([field]) });
}

/** @returns how many stay unset of those that the actor may read. */
async function changeAsActor(
  context: Context,
  child: Model,
  { field, to, ids }: UnsetReference,
): Promise<number> {
  const access = context.gate.on(child, "write");
  const declared = child.fields[field];
  const may = access.allowed && access.fields.has(field) && declared?.readonly !== true;
  const place = { alias: "t", aliases: aliasesFor(context) };
  const rule = access.allowed ? ruleTerms(access.rule, place) : [];
  const isUnset = all([
    sql`${column("t", "id")} = ANY(${ids}::integer[])`,
    sql`${column("t", field)} IS NULL`,
  ]);
  const tuples = await context.statements.tuples(
    sql`SELECT ${column("t", "id")}, ${all(rule)} FROM ${ident(tableOf(child))} "t" WHERE ${isUnset}`,
  );
  const changeable = may
    ? tuples.filter((tuple) => tuple[1] === true).map((tuple) => tuple[0] as number)
    : [];
  if (changeable.length > 0)
    await context.changes.write(context, child, { ids: changeable, values: { [field]: to } });
  const left = tuples.map((tuple) => tuple[0] as number).filter((id) => !changeable.includes(id));
  const readable = context.gate.on(child, "read");
  if (left.length === 0 || !readable.allowed || !readable.fields.has(field)) return 0;
  return (await exists(context, child, left)).length;
}

function leftUnset(child: Model, field: string, count: number): string {
  const label = child.fields[field]?.label ?? field;
  return count === 1
    ? `"${label}" of a record of "${child.label}" stays empty: it was changed meanwhile.`
    : `"${label}" of ${count} records of "${child.label}" stays empty: they were changed meanwhile.`;
}
