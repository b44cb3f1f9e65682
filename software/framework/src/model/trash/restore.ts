import { ExpectedError } from "@holdfast/kernel/errors";
import { ConstraintViolation } from "../../sql/failures.ts";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import { automaticColumns } from "../automatic.ts";
import type { Model } from "../model.ts";
import { markStale } from "../records/affected.ts";
import { askedColumn, wasAsked } from "../records/changes.ts";
import { type Context, distinctIds, granted, notFound } from "../records/context.ts";
import { refuseTooMany } from "../records/page.ts";
import { settleNow, settling } from "../records/settle.ts";
import { aliasesFor, all, column, ruleTerms } from "../records/where.ts";
import { isStored, pairTableOf, tableOf } from "../storage.ts";
import { asIfRestored, findEntries, removedPairs, removedRows, type TrashEntry } from "./as-if.ts";
import { type MissingRelation, missingRelations, removedIds } from "./missing-relations.ts";
import { pairings } from "./relations.ts";
import { relink } from "./relink.ts";
import { trashModel } from "./trash-model.ts";

/** How records are to be restored. */
export interface RestoreOptions {
  /** `true`: without relations whose other side is gone, instead of being refused for them. */
  readonly leaveOut?: boolean;
}

/** What came back otherwise than it was: sentences for the person; none where all is as before. */
export interface Restored {
  readonly leftOut: readonly string[];
}

/**
 * Brings deleted records back with what went with them: the same ids, values, lines and pairs, and the references
 * that the deletion had unset. All or none; what is refused stays in the trash as it was.
 *
 * Only for who could delete the records if they were there: rights and rules of reading and deleting are asked of
 * them as if they were, before anything is told of them, and again when they are back and all is computed.
 *
 * @throws `not_found` for what is not in the trash or not for this actor; `conflict` where a unique value was taken
 *   meanwhile, a relation is gone, or the model was changed.
 */
export function restore(
  context: Context,
  model: Model,
  ids: readonly number[],
  { leaveOut = false }: RestoreOptions = {},
): Promise<Restored> {
  return settling(context, async () => {
    const wanted = distinctIds(model, ids);
    refuseTooMany(context, wanted);
    const entries = await reachableEntries(context, model, wanted);
    if (entries.length === 0) return { leftOut: [] };
    const missing = await missingRelations(context, entries);
    refuseMissing(context, model, missing, leaveOut);
    await insertRows(context, model, entries);
    await insertPairs(context, entries);
    await unsetMissing(context, missing, entries);
    await dropEntries(
      context,
      entries.map(({ id }) => id),
    );
    const unlinked = await relink(context, entries);
    await settleNow(context);
    const back = await reachableIds(context, model, wanted);
    if (back.length !== wanted.length) throw notFound(model);
    return { leftOut: [...missing.map((one) => sentence(context, one)), ...unlinked] };
  });
}

/** The entries of records that the actor could read and delete if they were there; held against others. @throws `not_found`. */
export async function reachableEntries(
  context: Context,
  model: Model,
  ids: readonly number[],
): Promise<TrashEntry[]> {
  granted(context, model, "read");
  granted(context, model, "delete");
  if (ids.length === 0) return [];
  const entries = await findEntries(context, model, {
    where: sql`"e"."res_id" = ANY(${ids}::integer[])`,
    rest: sql`ORDER BY "e"."id" FOR UPDATE`,
  });
  if (entries.length !== ids.length) throw notFound(model);
  const reachable = await reachableIds(asIfRestored(context, entries), model, ids);
  if (reachable.length !== ids.length) throw notFound(model);
  return entries;
}

/** Those of the ids that the actor may read and delete. */
export async function reachableIds(
  context: Context,
  model: Model,
  ids: readonly number[],
): Promise<number[]> {
  const place = { alias: "t", aliases: aliasesFor(context) };
  const rules = (["read", "delete"] as const).flatMap((operation) =>
    ruleTerms(granted(context, model, operation).rule, place),
  );
  const where = all([sql`${column("t", "id")} = ANY(${ids}::integer[])`, ...rules]);
  const tuples = await context.statements.tuples(
    sql`SELECT ${column("t", "id")} FROM ${ident(tableOf(model))} "t" WHERE ${where}`,
  );
  return tuples.map((tuple) => tuple[0] as number);
}

async function insertRows(context: Context, root: Model, entries: readonly TrashEntry[]): Promise<void> {
  const removed = removedIds(context, entries);
  const columns = await storedColumns(context, removed, entries);
  const ids = entries.map(({ id }) => id);
  for (const model of removed.keys()) {
    const names = columns.get(model) ?? [];
    const asking = askedColumn(context, model);
    const returned = [column("t", "id"), ...asking];
    context.unit?.changing();
    const tuples = await context.statements
      .tuples(
        sql`INSERT INTO ${ident(tableOf(model))} AS "t" (${joinSql(names.map(ident))})
          SELECT ${joinSql(names.map((name) => column("r", name)))} FROM ${removedRows(model, ids)}
          RETURNING ${joinSql(returned)}`,
      )
      .catch((error: unknown) => {
        throw inTheWay(error, root);
      });
    const back = tuples.map((tuple) => tuple[0] as number);
    const system = context.system("hold the checks of a model against restored records");
    const touched = { ids: back, fields: Object.keys(model.fields), asked: wasAsked(asking, tuples) };
    context.unit?.touched({ context: system, model, operation: "create" }, touched);
  }
  for (const [model, back] of removed) await markStale(context, model, { ids: back, fields: "all" });
  for (const [model, back] of removed) context.unit?.keepRestored(model, back);
}

/** Columns that the removed rows have, which may be fewer than today. @throws `conflict` when they have others. */
async function storedColumns(
  context: Context,
  removed: ReadonlyMap<Model, unknown>,
  entries: readonly TrashEntry[],
): Promise<Map<Model, string[]>> {
  const ids = entries.map(({ id }) => id);
  const statement = joinSql(
    [...removed.keys()].map(
      (model) => sql`SELECT DISTINCT ${model.name}::text, "k" FROM ${ident(tableOf(trashModel))} "e",
        jsonb_array_elements("e"."content"->'rows'->${model.name}) "row", jsonb_object_keys("row") "k"
        WHERE ${column("e", "id")} = ANY(${ids}::integer[])`,
    ),
    " UNION ALL ",
  );
  const tuples = await context.statements.tuples(statement);
  return new Map(
    [...removed.keys()].map((model) => {
      const found = tuples.filter((tuple) => tuple[0] === model.name).map((tuple) => String(tuple[1]));
      const known = new Set<string>([
        ...automaticColumns,
        ...Object.keys(model.fields).filter((name) => isStored(model.fields[name] as never)),
      ]);
      if (found.some((name) => !known.has(name))) throw changedModel(model);
      return [model, found];
    }),
  );
}

/** What is left out counts as changed: values that depend on it are computed anew. */
async function unsetMissing(
  context: Context,
  missing: readonly MissingRelation[],
  entries: readonly TrashEntry[],
): Promise<void> {
  const removed = removedIds(context, entries);
  for (const { model, name, ids } of missing) {
    if (ids.length > 0)
      await context.statements.tuples(
        sql`UPDATE ${ident(tableOf(model))} SET ${ident(name)} = NULL WHERE id = ANY(${ids}::integer[])`,
      );
    await markStale(context, model, { ids: removed.get(model) ?? [], fields: new Set([name]) });
  }
  // Rows came, and some lead elsewhere now, that nobody named.
  context.unit?.forgetHeld();
}

/**
 * Pairs both of whose sides are there. One that belongs to a record that stayed comes back only if nobody has changed
 * that record since: it may have been left out of the collection on purpose.
 */
async function insertPairs(context: Context, entries: readonly TrashEntry[]): Promise<void> {
  const ids = entries.map(({ id }) => id);
  const removed = removedIds(context, entries);
  const names = new Set(entries.flatMap(({ models }) => Object.keys(models)));
  for (const { model, field, target } of pairings(context.registry, names)) {
    const there = (side: Model, of: "left_id" | "right_id") =>
      sql`EXISTS (SELECT 1 FROM ${ident(tableOf(side))} "s" WHERE ${column("s", "id")} = ${column("p", of)})`;
    await context.statements.tuples(
      sql`INSERT INTO ${ident(pairTableOf(model, field))} (left_id, right_id)
        SELECT "p".left_id, "p".right_id FROM (${removedPairs(model, field, ids)}) "p"
        WHERE ${there(model, "left_id")} AND ${there(target, "right_id")}
        AND ("p".left_id = ANY(${removed.get(model) ?? []}::integer[]) OR ${unchanged(model)}) ON CONFLICT DO NOTHING`,
    );
  }
}

/** The owner of a pair is as it was when the pair went. */
function unchanged(model: Model): Sql {
  return sql`EXISTS (SELECT 1 FROM ${ident(tableOf(model))} "o"
    WHERE ${column("o", "id")} = "p".left_id AND ${column("o", "write_date")} <= "p".deleted_at)`;
}

/** Takes entries off the list of what is deleted. */
export async function dropEntries(context: Context, ids: readonly number[]): Promise<void> {
  context.unit?.changing();
  await context.statements.tuples(
    sql`DELETE FROM ${ident(tableOf(trashModel))} WHERE id = ANY(${ids}::integer[])`,
  );
}

function refuseMissing(
  context: Context,
  model: Model,
  missing: readonly MissingRelation[],
  leaveOut: boolean,
): void {
  const refused = leaveOut ? missing.filter(({ field, ids }) => field.required && ids.length > 0) : missing;
  if (refused.length === 0) return;
  throw new ExpectedError(
    "conflict",
    `This record of "${model.label}" cannot be restored as it was: ${refused.map((one) => sentence(context, one)).join(" ")} It stays in the trash.`,
    {
      hint: leaveOut
        ? "Restore what it belongs to first, if that lies in the trash too."
        : "Restore that first, if it lies in the trash too, or restore this without it.",
      // The argument that would settle it.
      about: { model: model.name, fields: leaveOut ? [] : ["leave_out"] },
    },
  );
}

/** A field that the actor may not read is not named. */
function sentence(context: Context, { model, name, field }: MissingRelation): string {
  const access = context.gate.on(model, "read");
  const known = access.allowed && access.fields.has(name) && field.secret !== true;
  return known
    ? `"${field.label}" of "${model.label}" leads to a record that is gone.`
    : "A relation leads to a record that is gone.";
}

function inTheWay(error: unknown, model: Model): unknown {
  const cause = error instanceof ExpectedError ? error.cause : error;
  if (cause instanceof ConstraintViolation && cause.constraint.endsWith("_pkey"))
    return new ExpectedError(
      "conflict",
      `A record of "${model.label}" with the same number is there again.`,
      {
        hint: "It was brought back in another way: this one stays in the trash.",
        cause: error,
      },
    );
  if (!(error instanceof ExpectedError) || error.code !== "conflict") return error;
  const { message, about } = error;
  return new ExpectedError(
    "conflict",
    `This record of "${model.label}" cannot be restored: ${message} It stays in the trash.`,
    {
      hint: "Change or delete the other record first, then restore this one.",
      cause: error,
      ...(about === undefined ? {} : { about }),
    },
  );
}

function changedModel(model: Model): ExpectedError {
  return new ExpectedError(
    "conflict",
    `A record of "${model.label}" was deleted before the software was updated, and has values that there is no place for any more.`,
    { hint: "It stays in the trash: ask who runs the software.", about: { model: model.name, fields: [] } },
  );
}
