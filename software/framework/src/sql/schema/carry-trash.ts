import type { MigrationStep } from "../../modules/migration.ts";
import { ident, joinSql, literal, type Sql, sql } from "../sql.ts";
import type { Statements } from "../statements.ts";
import { tableNamed } from "./migrated-schema.ts";
import { convertedColumns, type RowMove } from "./move-rows.ts";
import type { Schema } from "./schema.ts";

/** The table of what was deleted and can be restored; see model/trash/trash-model.ts. */
const trash = "hf_trash";
/** Trashed rows that are in memory at once. */
const batchEntries = 200;

/**
 * Does to what lies in the trash what a step does to the tables, so that it can be restored after the step as before
 * it: the same step, declared once. Runs before the tables change, while the trash has their shape; does nothing when
 * there is no trash, or nothing of the model in it.
 */
export async function carryTrash(transaction: Statements, live: Schema, step: MigrationStep): Promise<void> {
  if (!live.tables.some((table) => table.name === trash)) return;
  switch (step.kind) {
    case "rename field":
      return renameInTrash(transaction, step);
    case "drop field":
      return dropInTrash(transaction, step);
    case "rename model":
      return renameModelInTrash(transaction, step);
    case "drop model":
      return dropModelInTrash(transaction, step.model);
    case "change type": {
      const { model, name, field, convert } = step;
      if (convert === undefined) return; // PostgreSQL's cast is made when the row is read as one of the table.
      return moveInTrash(transaction, model, {
        read: [name],
        fields: { [name]: field },
        change: (row) => ({ [name]: convert(row[name]) }),
      });
    }
    case "move rows": {
      const names = Object.keys(step.fields);
      const table = live.tables.find((one) => one.name === tableNamed(step.model));
      if (names.some((name) => !table?.columns.some((column) => column.name === name))) return;
      return moveInTrash(transaction, step.model, { read: names, fields: step.fields, change: step.change });
    }
    case "add field":
      return;
  }
}

type RenameField = Extract<MigrationStep, { kind: "rename field" }>;

async function renameInTrash(transaction: Statements, { model, from, to }: RenameField): Promise<void> {
  await eachRow(
    transaction,
    model,
    sql`CASE WHEN r ? ${from}::text THEN (r - ${from}::text) || jsonb_build_object(${to}::text, r -> ${from}::text) ELSE r END`,
  );
  await transaction.rows(inPart("pairs", renamedKey(`${model}/${from}`, `${model}/${to}`)));
  await eachUnset(
    transaction,
    sql`CASE WHEN r @> ${unsetOf(model, from)}::jsonb THEN r || jsonb_build_object('field', ${to}::text) ELSE r END`,
  );
}

type DropField = Extract<MigrationStep, { kind: "drop field" }>;

async function dropInTrash(transaction: Statements, { model, name }: DropField): Promise<void> {
  await eachRow(transaction, model, sql`r - ${name}::text`);
  await transaction.rows(inPart("pairs", { key: `${model}/${name}`, kept: sql`'{}'::jsonb` }));
  await eachUnset(transaction, sql`r`, sql`NOT r @> ${unsetOf(model, name)}::jsonb`);
}

type RenameModel = Extract<MigrationStep, { kind: "rename model" }>;

async function renameModelInTrash(transaction: Statements, { from, to }: RenameModel): Promise<void> {
  for (const part of ["models", "rows"] as const) await transaction.rows(inPart(part, renamedKey(from, to)));
  await transaction.rows(sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, '{pairs}',
    (SELECT jsonb_object_agg(CASE WHEN split_part(k, '/', 1) = ${from} THEN ${to} || '/' || split_part(k, '/', 2) ELSE k END, v)
      FROM jsonb_each(content -> 'pairs') AS p(k, v)))
    WHERE EXISTS (SELECT FROM jsonb_object_keys(content -> 'pairs') AS p(k) WHERE split_part(k, '/', 1) = ${from})`);
  await eachUnset(
    transaction,
    sql`CASE WHEN r ->> 'model' = ${from} THEN r || jsonb_build_object('model', ${to}::text) ELSE r END`,
  );
  // `res_model` of the entries follows as that of every table does; here what their rows name.
  for (const column of ["model", "res_model"])
    await transaction.rows(sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, '{rows}',
      (SELECT jsonb_object_agg(m, (SELECT COALESCE(jsonb_agg(CASE WHEN r ->> ${column}::text = ${from}
          THEN r || jsonb_build_object(${column}::text, ${to}::text) ELSE r END ORDER BY i), '[]'::jsonb)
        FROM jsonb_array_elements(v) WITH ORDINALITY AS u(r, i))) FROM jsonb_each(content -> 'rows') AS p(m, v)))
      WHERE jsonb_path_exists(content, ('$.rows.*[*].' || ${column}::text || ' ? (@ == $from)')::jsonpath, jsonb_build_object('from', ${from}::text))`);
}

async function dropModelInTrash(transaction: Statements, model: string): Promise<void> {
  await transaction.rows(sql`DELETE FROM ${ident(trash)} WHERE res_model = ${model}`);
  for (const part of ["models", "rows"] as const)
    await transaction.rows(inPart(part, { key: model, kept: sql`'{}'::jsonb` }));
  await transaction.rows(sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, '{pairs}', COALESCE(
    (SELECT jsonb_object_agg(k, v) FROM jsonb_each(content -> 'pairs') AS p(k, v) WHERE split_part(k, '/', 1) <> ${model}), '{}'::jsonb))
    WHERE content -> 'pairs' <> '{}'::jsonb`);
  await eachUnset(transaction, sql`r`, sql`r ->> 'model' <> ${model}`);
}

interface KeyChange {
  readonly key: string;
  /** What stands in the place of the key and its value, as an object. */
  readonly kept: Sql;
}

function renamedKey(key: string, to: string): KeyChange {
  return { key, kept: sql`jsonb_build_object(${to}::text, o -> ${key}::text)` };
}

/** Changes one key of one part of what lies in the trash. */
function inPart(part: "models" | "rows" | "pairs", { key, kept }: KeyChange): Sql {
  const own = sql`content -> ${literal(part)}`;
  return sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, ${[part]}::text[],
    (SELECT (o - ${key}::text) || ${kept} FROM (SELECT ${own} AS o) AS "part")) WHERE ${own} ? ${key}::text`;
}

/** Every row of a model becomes what the expression makes of `r`. */
async function eachRow(transaction: Statements, model: string, changed: Sql): Promise<void> {
  await transaction.rows(sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, ${["rows", model]}::text[],
    (SELECT COALESCE(jsonb_agg(${changed} ORDER BY i), '[]'::jsonb)
      FROM jsonb_array_elements(content -> 'rows' -> ${model}::text) WITH ORDINALITY AS u(r, i)))
    WHERE content -> 'rows' ? ${model}::text`);
}

/** Every reference that a deletion unset becomes what the expression makes of `r`. */
async function eachUnset(transaction: Statements, changed: Sql, kept: Sql = sql`TRUE`): Promise<void> {
  await transaction.rows(sql`UPDATE ${ident(trash)} SET content = jsonb_set(content, '{unset}',
    (SELECT COALESCE(jsonb_agg(${changed} ORDER BY i), '[]'::jsonb)
      FROM jsonb_array_elements(content -> 'unset') WITH ORDINALITY AS u(r, i) WHERE ${kept}))
    WHERE content -> 'unset' <> '[]'::jsonb`);
}

function unsetOf(model: string, field: string): string {
  return JSON.stringify({ model, field });
}

/** New values from old ones, as in `moveEachRow`: read as rows of the table, so that they are of the same types. */
async function moveInTrash(transaction: Statements, model: string, move: RowMove): Promise<void> {
  for (let last = 0; ; ) {
    const entries = await transaction.rows<{ readonly id: number }>(
      sql`SELECT id FROM ${ident(trash)} WHERE id > ${last} AND content -> 'rows' ? ${model}::text ORDER BY id LIMIT ${literal(batchEntries)}`,
    );
    if (entries.length === 0) return;
    const ids = entries.map(({ id }) => id);
    await moveEntries(transaction, model, { ids, move });
    last = ids.at(-1) as number;
  }
}

async function moveEntries(
  transaction: Statements,
  model: string,
  { ids, move }: { readonly ids: readonly number[]; readonly move: RowMove },
): Promise<void> {
  const table = ident(tableNamed(model));
  const read = joinSql(move.read.map((name) => sql`"w".${ident(name)}`));
  const rows = await transaction.rows<Readonly<Record<string, unknown>>>(
    sql`SELECT "e".id AS hf_entry, "u".i::integer AS hf_at, "w".id, ${read} FROM ${ident(trash)} "e",
      jsonb_array_elements("e".content -> 'rows' -> ${model}::text) WITH ORDINALITY AS "u"(r, i),
      jsonb_populate_record(NULL::${table}, "u".r) "w" WHERE "e".id = ANY(${ids}::integer[])`,
  );
  const changed = rows.map((row) => convertedColumns(model, move, move.change(row) ?? {}));
  await transaction.rows(sql`UPDATE ${ident(trash)} "e" SET content = jsonb_set("e".content, ${["rows", model]}::text[],
    (SELECT jsonb_agg("u".r || COALESCE("v".changed, '{}'::jsonb) ORDER BY "u".i)
      FROM jsonb_array_elements("e".content -> 'rows' -> ${model}::text) WITH ORDINALITY AS "u"(r, i)
      LEFT JOIN (SELECT * FROM unnest(${rows.map((row) => row["hf_entry"] as number)}::integer[],
        ${rows.map((row) => row["hf_at"] as number)}::integer[], ${changed}::jsonb[]) AS "n"(entry, at, changed)) "v"
        ON "v".entry = "e".id AND "v".at = "u".i))
    WHERE "e".id = ANY(${ids}::integer[])`);
}
