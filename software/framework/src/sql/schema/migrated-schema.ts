import { shortName } from "../../model/storage.ts";
import type { MigrationStep } from "../../modules/migration.ts";
import { columnFor } from "./declared.ts";
import type { Column, Schema, Table } from "./schema.ts";

/**
 * The schema that a database has once these steps are done. Pure: lets a plan be shown, and refused, before
 * anything is touched. What steps do to rows is not in it.
 */
export function migratedSchema(live: Schema, steps: readonly MigrationStep[]): Schema {
  return steps.reduce(afterStep, live);
}

/** The table of a model that is named as text. */
export function tableNamed(model: string): string {
  return shortName(model.replaceAll(".", "_"));
}

/** The table of pairs of a many2many of a model that is named as text. */
export function pairTableNamed(model: string, field: string): string {
  return shortName(`rel_${model.replaceAll(".", "_")}_${field}`);
}

function afterStep(schema: Schema, step: MigrationStep): Schema {
  switch (step.kind) {
    case "rename field":
      return withFieldRenamed(schema, step);
    case "rename model":
      return withTablesRenamed(schema, tableRenames(schema, step.from, step.to));
    case "add field":
      return withColumn(schema, tableNamed(step.model), {
        ...columnFor([step.name, step.field]),
        required: false,
      });
    case "change type":
      return withColumn(schema, tableNamed(step.model), columnFor([step.name, step.field]));
    case "drop field":
      return withoutField(schema, step.model, step.name);
    case "drop model":
      return withoutTables(schema, droppedTables(schema, step.model));
    case "move rows":
      return schema;
  }
}

/** Names of tables before and after a model gets another name: its own, and those of its pairs. */
export function tableRenames(schema: Schema, from: string, to: string): Map<string, string> {
  const pairs = `rel_${tableNamed(from)}_`;
  const names = schema.tables.map((table) => table.name);
  const renames = names.flatMap((name): [string, string][] => {
    if (name === tableNamed(from)) return [[name, tableNamed(to)]];
    return name.startsWith(pairs) && !names.includes(name.slice("rel_".length))
      ? [[name, shortName(`rel_${tableNamed(to)}_${name.slice(pairs.length)}`)]]
      : [];
  });
  return new Map(renames);
}

/** The table of a model and those of its pairs. */
export function droppedTables(schema: Schema, model: string): string[] {
  return [...tableRenames(schema, model, "dropped").keys()];
}

function withTablesRenamed(schema: Schema, names: ReadonlyMap<string, string>): Schema {
  const table = (name: string) => names.get(name) ?? name;
  const part = (owner: string, name: string) =>
    names.has(owner) ? shortName(name.replace(owner, table(owner))) : name;
  return {
    tables: schema.tables.map((one) => ({ ...one, name: table(one.name) })),
    constraints: schema.constraints.map((one) => ({
      ...one,
      name: part(one.table, one.name),
      table: table(one.table),
      ...(one.target === undefined ? {} : { target: table(one.target) }),
    })),
    indexes: schema.indexes.map((one) => ({
      ...one,
      name: part(one.table, one.name),
      table: table(one.table),
    })),
  };
}

function withFieldRenamed(
  schema: Schema,
  { model, from, to }: { readonly model: string; readonly from: string; readonly to: string },
): Schema {
  const pair = pairTableNamed(model, from);
  if (schema.tables.some((table) => table.name === pair))
    return withTablesRenamed(schema, new Map([[pair, pairTableNamed(model, to)]]));
  const owner = tableNamed(model);
  const name = (one: string) => (one === from ? to : one);
  const part = (given: string) => shortName(given.replace(`${owner}_${from}_`, `${owner}_${to}_`));
  const inOwner = <T extends { readonly table: string }>(all: readonly T[], change: (one: T) => T) =>
    all.map((one) => (one.table === owner ? change(one) : one));
  return {
    tables: inTable(schema.tables, owner, (columns) =>
      columns.map((column) => ({ ...column, name: name(column.name) })),
    ),
    constraints: inOwner(schema.constraints, (one) => ({
      ...one,
      name: one.columns.includes(from) ? part(one.name) : one.name,
      columns: one.columns.map(name),
    })),
    indexes: inOwner(schema.indexes, (one) => ({
      ...one,
      column: name(one.column),
      ...(one.order === undefined
        ? {}
        : { order: one.order.map((term) => ({ ...term, column: name(term.column) })) }),
      name: one.column === from ? part(one.name) : one.name,
    })),
  };
}

function withColumn(schema: Schema, owner: string, column: Column): Schema {
  return {
    ...schema,
    tables: inTable(schema.tables, owner, (columns) => {
      const found = columns.find((one) => one.name === column.name);
      const set = found === undefined ? column : { ...found, type: column.type };
      return [...columns.filter((one) => one !== found), set];
    }),
  };
}

function withoutField(schema: Schema, model: string, name: string): Schema {
  const owner = tableNamed(model);
  const without = withoutTables(schema, [pairTableNamed(model, name)]);
  return {
    tables: inTable(without.tables, owner, (columns) => columns.filter((column) => column.name !== name)),
    constraints: without.constraints.filter((one) => one.table !== owner || !one.columns.includes(name)),
    // With a column PostgreSQL drops every index that has it, wherever it stands there.
    indexes: without.indexes.filter(
      (one) =>
        one.table !== owner || (one.column !== name && !one.order?.some((term) => term.column === name)),
    ),
  };
}

function withoutTables(schema: Schema, names: readonly string[]): Schema {
  const stays = (table: string | undefined) => !names.includes(table ?? "");
  return {
    tables: schema.tables.filter((one) => stays(one.name)),
    constraints: schema.constraints.filter((one) => stays(one.table) && stays(one.target)),
    indexes: schema.indexes.filter((one) => stays(one.table)),
  };
}

function inTable(
  tables: readonly Table[],
  name: string,
  change: (columns: readonly Column[]) => readonly Column[],
): Table[] {
  return tables.map((table) => (table.name === name ? { ...table, columns: change(table.columns) } : table));
}
