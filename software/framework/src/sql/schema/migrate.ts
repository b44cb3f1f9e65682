import { ExpectedError } from "@holdfast/kernel/errors";
import type { ChangeType, MigrationStep, MoveRows } from "../../modules/migration.ts";
import { ident, joinSql, type Sql, sql, trusted } from "../sql.ts";
import type { Statements } from "../statements.ts";
import { carryTrash } from "./carry-trash.ts";
import { columnFor } from "./declared.ts";
import { liveSchema } from "./live.ts";
import { droppedTables, pairTableNamed, tableNamed, tableRenames } from "./migrated-schema.ts";
import { moveEachRow } from "./move-rows.ts";
import { addColumn } from "./plan.ts";
import type { Schema } from "./schema.ts";

/** Columns in which rows name a model: messages, attachments, links, identifiers. */
const namingColumns = ["model", "res_model"] as const;
/** Holds converted values until the old column goes. */
const passing = "hf_passing";

/** What a person reads of a step. */
export function stepLabel(step: MigrationStep): string {
  switch (step.kind) {
    case "rename field":
      return `rename field "${step.from}" of "${step.model}" to "${step.to}"`;
    case "rename model":
      return `rename model "${step.from}" to "${step.to}"`;
    case "drop model":
      return `drop model "${step.model}" with its records`;
    case "drop field":
      return `drop field "${step.name}" of "${step.model}" with its values`;
    case "add field":
      return `add field "${step.name}" to "${step.model}"`;
    case "change type":
      return `change the type of "${step.name}" of "${step.model}"`;
    case "move rows":
      return `move values of "${step.model}": ${Object.keys(step.fields).join(", ")}`;
  }
}

/**
 * Carries out one step of a migration, inside the transaction of the schema change. Does nothing when what
 * it wants is so already.
 *
 * @throws ExpectedError `conflict` when existing values do not fit.
 */
export async function migrateStep(transaction: Statements, step: MigrationStep): Promise<void> {
  // References that wait for the commit would keep their tables from being altered.
  await transaction.rows(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  const live = await liveSchema(transaction);
  await carryTrash(transaction, live, step);
  switch (step.kind) {
    case "rename field":
      return renameField(transaction, live, step);
    case "rename model":
      return renameModel(transaction, live, step);
    case "add field":
      if (columnIn(live, step.model, step.name) === undefined)
        await transaction.rows(
          addColumn(
            { name: tableNamed(step.model) },
            { ...columnFor([step.name, step.field]), required: false },
          ).statement,
        );
      return;
    case "drop field":
      return dropField(transaction, live, step);
    case "drop model":
      for (const table of droppedTables(live, step.model))
        await transaction.rows(sql`DROP TABLE ${ident(table)} CASCADE`);
      return;
    case "change type":
      return changeType(transaction, live, step);
    case "move rows":
      return moveRows(transaction, live, step);
  }
}

function columnIn(live: Schema, model: string, name: string) {
  const table = live.tables.find((one) => one.name === tableNamed(model));
  return table?.columns.find((column) => column.name === name);
}

type RenameField = Extract<MigrationStep, { kind: "rename field" }>;

async function renameField(transaction: Statements, live: Schema, step: RenameField): Promise<void> {
  const { model, from, to } = step;
  const pair = pairTableNamed(model, from);
  if (live.tables.some((table) => table.name === pair))
    return renameTables(transaction, live, new Map([[pair, pairTableNamed(model, to)]]));
  if (columnIn(live, model, from) === undefined) return;
  if (columnIn(live, model, to) !== undefined)
    throw new ExpectedError("conflict", `cannot ${stepLabel(step)}: it has both fields`, {
      hint: "move the values, then drop one of them",
    });
  const table = tableNamed(model);
  await transaction.rows(sql`ALTER TABLE ${ident(table)} RENAME COLUMN ${ident(from)} TO ${ident(to)}`);
  await renameParts(transaction, live, {
    table,
    old: table,
    concerns: (columns) => columns.includes(from),
    name: (name) => name.replace(`${table}_${from}_`, `${table}_${to}_`),
  });
}

type RenameModel = Extract<MigrationStep, { kind: "rename model" }>;

async function renameModel(transaction: Statements, live: Schema, step: RenameModel): Promise<void> {
  const { from, to } = step;
  await renameTables(transaction, live, tableRenames(live, from, to));
  const renamed = await liveSchema(transaction);
  for (const { name, columns } of renamed.tables)
    for (const column of columns)
      if (namingColumns.some((one) => one === column.name) && /^(?:text|character)/.test(column.type))
        await transaction.rows(
          sql`UPDATE ${ident(name)} SET ${ident(column.name)} = ${to} WHERE ${ident(column.name)} = ${from}`,
        );
}

async function renameTables(
  transaction: Statements,
  live: Schema,
  names: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [from, to] of names) {
    await transaction.rows(sql`ALTER TABLE ${ident(from)} RENAME TO ${ident(to)}`);
    await renameParts(transaction, live, {
      table: to,
      old: from,
      concerns: () => true,
      name: (name) => name.replace(from, to),
    });
  }
}

interface PartNames {
  /** As it is called now, and as it was called in `live`. */
  readonly table: string;
  readonly old: string;
  concerns(columns: readonly string[]): boolean;
  name(old: string): string;
}

/** Constraints and indexes are found by name: theirs follows. */
async function renameParts(transaction: Statements, live: Schema, parts: PartNames): Promise<void> {
  const { table, old } = parts;
  for (const one of live.constraints)
    if (one.table === old && parts.concerns(one.columns) && parts.name(one.name) !== one.name)
      await transaction.rows(
        sql`ALTER TABLE ${ident(table)} RENAME CONSTRAINT ${ident(one.name)} TO ${ident(parts.name(one.name))}`,
      );
  for (const one of live.indexes)
    if (one.table === old && parts.concerns([one.column]) && parts.name(one.name) !== one.name)
      await transaction.rows(sql`ALTER INDEX ${ident(one.name)} RENAME TO ${ident(parts.name(one.name))}`);
}

async function dropField(
  transaction: Statements,
  live: Schema,
  { model, name }: Extract<MigrationStep, { kind: "drop field" }>,
): Promise<void> {
  const pair = pairTableNamed(model, name);
  if (live.tables.some((table) => table.name === pair))
    await transaction.rows(sql`DROP TABLE ${ident(pair)}`);
  if (columnIn(live, model, name) !== undefined)
    await transaction.rows(sql`ALTER TABLE ${ident(tableNamed(model))} DROP COLUMN ${ident(name)}`);
}

async function changeType(transaction: Statements, live: Schema, step: ChangeType): Promise<void> {
  const { model, name, field, convert } = step;
  const table = ident(tableNamed(model));
  const found = columnIn(live, model, name);
  const wanted = columnFor([name, field]);
  if (found === undefined || found.type === wanted.type) return;
  if (convert === undefined) return cast(transaction, step, wanted.type);
  const add = addColumn({ name: tableNamed(model) }, { ...wanted, name: passing, required: false });
  await transaction.rows(add.statement);
  await moveEachRow(transaction, model, {
    read: [name],
    fields: { [passing]: field },
    change: (row) => ({ [passing]: convert(row[name]) }),
  });
  await transaction.rows(sql`ALTER TABLE ${table} DROP COLUMN ${ident(name)}`);
  await transaction.rows(sql`ALTER TABLE ${table} RENAME COLUMN ${ident(passing)} TO ${ident(name)}`);
}

async function cast(transaction: Statements, step: ChangeType, type: string): Promise<void> {
  const column = ident(step.name);
  const to: Sql = trusted(type);
  try {
    await transaction.rows(
      sql`ALTER TABLE ${ident(tableNamed(step.model))} ${joinSql([
        sql`ALTER COLUMN ${column} DROP DEFAULT`,
        sql`ALTER COLUMN ${column} TYPE ${to} USING ${column}::${to}`,
      ])}`,
    );
  } catch (cause) {
    throw new ExpectedError("conflict", `cannot ${stepLabel(step)}: existing values do not fit`, {
      hint: "give the migration a conversion",
      cause,
    });
  }
}

async function moveRows(transaction: Statements, live: Schema, step: MoveRows): Promise<void> {
  const names = Object.keys(step.fields);
  const missing = names.find((name) => columnIn(live, step.model, name) === undefined);
  if (missing === undefined)
    return moveEachRow(transaction, step.model, { read: names, fields: step.fields, change: step.change });
  // A database that was made or restored after the field went has nothing to move.
  if (live.tables.some((table) => table.name === tableNamed(step.model))) return;
  throw new ExpectedError("conflict", `cannot ${stepLabel(step)}: there is no such model`);
}
