import { sourceLanguage } from "../../model/languages.ts";
import { shortName } from "../../model/storage.ts";
import { emptySql, ident, joinSql, literal, type Sql, sql, trusted } from "../sql.ts";
import type { Column, Constraint, Index, IndexTerm, Schema, Table } from "./schema.ts";

/** What it takes to bring a database to the declared schema. */
export interface SchemaPlan {
  /** Tables, columns and wider types; what data is loaded into. */
  readonly tables: readonly SchemaStep[];
  /** References, uniques and indexes; after the data. */
  readonly constraints: readonly SchemaStep[];
  /** Changes that lose data or may fail on it: not done here, but by a numbered migration. One sentence each. */
  readonly refusals: readonly string[];
}

export interface SchemaStep {
  /** For a person: `add column "city" to "res_partner"`. */
  readonly label: string;
  readonly statement: Sql;
}

/** Compares. Pure. An empty plan means that the database has exactly what is declared. */
export function planSchema(declared: Schema, live: Schema): SchemaPlan {
  const tables = tableSteps(declared, live);
  const names = new Set(live.constraints.map(identity));
  const indexes = new Map(live.indexes.map((index) => [indexIdentity(index), keysOf(index)]));
  const isThere = (index: Index) => indexes.get(indexIdentity(index)) === keysOf(index);
  return {
    tables: [...staleConstraints(declared, live).map(dropConstraint), ...tables.steps],
    constraints: [
      ...declared.constraints.flatMap((one) => changedConstraint(one, live)),
      ...declared.constraints.filter((one) => !names.has(identity(one))).map(addConstraint),
      ...staleIndexes(declared, live).map(dropIndex),
      ...declared.indexes.filter((one) => !isThere(one)).map(addIndex),
    ],
    refusals: tables.refusals,
  };
}

function identity({ table, name }: Constraint): string {
  return `${table}.${name}`;
}

function indexIdentity({ table, name }: Index): string {
  return `${table}.${name}`;
}

/** What an index is made of, as text. */
function keysOf({ column, ofOrder, ofTexts, source, order = [] }: Index): string {
  if (ofTexts) return `texts of ${column}`;
  const first = { column, people: ofOrder === true, source: source === true };
  const rest = ofOrder ? [{ column: "id", people: false, descending: false }] : order;
  return JSON.stringify([
    first,
    ...rest.map(({ column: name, people, descending }) => [name, people, descending]),
  ]);
}

/** What we call our own: those of others on our tables are left alone. */
const ownIndexes = ["index", "ruled", "order", "source_order", "texts"];

/** Indexes of ours that are not declared any more, or no longer as they are: to be dropped, and made anew if declared. */
function staleIndexes(declared: Schema, live: Schema): Index[] {
  const wanted = new Map(declared.indexes.map((one) => [indexIdentity(one), keysOf(one)]));
  const columns = new Map(declared.tables.map((table) => [table.name, table.columns]));
  const isOurs = ({ table, name }: Index) =>
    columns
      .get(table)
      ?.some((column) => ownIndexes.some((kind) => shortName(`${table}_${column.name}_${kind}`) === name)) ??
    false;
  return live.indexes.filter((one) => isOurs(one) && wanted.get(indexIdentity(one)) !== keysOf(one));
}

/** What is not declared any more forbids without reason; dropping it loses no data. */
function staleConstraints(declared: Schema, live: Schema): Constraint[] {
  const wanted = new Set(declared.constraints.map(identity));
  const columns = new Map(
    declared.tables.map(({ name, columns: all }) => [name, new Set(all.map((column) => column.name))]),
  );
  return live.constraints.filter(
    (one) =>
      !wanted.has(identity(one)) &&
      one.columns.every((column) => columns.get(one.table)?.has(column) ?? false),
  );
}

/** A reference that now leads elsewhere, deletes otherwise or is asked at another moment. Rows that do not fit stop it. */
function changedConstraint(wanted: Constraint, live: Schema): SchemaStep[] {
  const found = live.constraints.find((one) => identity(one) === identity(wanted));
  if (found === undefined || wanted.kind !== "reference") return [];
  if (found.target !== wanted.target || found.onDelete !== wanted.onDelete)
    return [dropConstraint(found), addConstraint(wanted)];
  return found.deferred === wanted.deferred ? [] : [defer(wanted)];
}

interface Differences {
  readonly steps: SchemaStep[];
  readonly refusals: string[];
}

function tableSteps(declared: Schema, live: Schema): Differences {
  const differences: Differences = { steps: [], refusals: [] };
  const liveTables = new Map(live.tables.map((table) => [table.name, table]));
  for (const table of declared.tables) {
    const existing = liveTables.get(table.name);
    if (existing === undefined) differences.steps.push(createTable(table));
    else compareTable(table, existing, differences);
    liveTables.delete(table.name);
  }
  for (const name of liveTables.keys()) differences.refusals.push(`table "${name}" is no longer declared`);
  return differences;
}

function compareTable(table: Table, existing: Table, { steps, refusals }: Differences): void {
  const columns = new Map(existing.columns.map((column) => [column.name, column]));
  for (const column of table.columns) {
    const found = columns.get(column.name);
    columns.delete(column.name);
    if (found === undefined) steps.push(addColumn(table, column));
    else if (found.type !== column.type && widens(found.type, column.type)) steps.push(widen(table, column));
    else if (found.type !== column.type)
      refusals.push(`column "${table.name}.${column.name}" is ${found.type}, declared as ${column.type}`);
    if (found !== undefined && found.required !== column.required) steps.push(setRequired(table, column));
  }
  for (const name of columns.keys()) refusals.push(`column "${table.name}.${name}" is no longer declared`);
}

/** Only more room of the same kind: no row is rewritten, none can fail. */
function widens(from: string, to: string): boolean {
  // Without a bound PostgreSQL keeps the digits of each value: those of its currency.
  if (to === "numeric") return /^numeric\(\d+,\d+\)$/.test(from);
  const length = /^character varying\((\d+)\)$/;
  const before = length.exec(from);
  const after = length.exec(to);
  if (before === null) return false;
  return to === "text" || (after !== null && Number(after[1]) > Number(before[1]));
}

function createTable(table: Table): SchemaStep {
  const key = joinSql(table.primaryKey.map(ident));
  const columns = joinSql([...table.columns.map(columnSql), sql`PRIMARY KEY (${key})`]);
  return {
    label: `create table "${table.name}"`,
    statement: sql`CREATE TABLE ${ident(table.name)} (${columns})`,
  };
}

/** One more column, as it is declared. */
export function addColumn(table: Pick<Table, "name">, column: Column): SchemaStep {
  return {
    label: `add column "${column.name}" to "${table.name}"`,
    statement: sql`ALTER TABLE ${ident(table.name)} ADD COLUMN ${columnSql(column)}`,
  };
}

function columnSql(column: Column): Sql {
  const head = sql`${ident(column.name)} ${trusted(column.type)}`;
  const rest = [
    ...(column.identity ? [identitySql(column)] : []),
    ...(column.required ? [sql`NOT NULL`] : []),
    ...(column.default === undefined ? [] : [sql`DEFAULT ${literal(column.default)}`]),
  ];
  return joinSql([head, ...rest], " ");
}

function identitySql({ sequence }: Column): Sql {
  if (sequence === undefined) return sql`GENERATED BY DEFAULT AS IDENTITY`;
  return sql`GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME public.${ident(sequence)})`;
}

function widen(table: Table, column: Column): SchemaStep {
  return {
    label: `widen column "${column.name}" of "${table.name}" to ${column.type}`,
    statement: sql`ALTER TABLE ${ident(table.name)} ALTER COLUMN ${ident(column.name)} TYPE ${trusted(column.type)}`,
  };
}

function setRequired(table: Table, column: Column): SchemaStep {
  const change = column.required ? sql`SET NOT NULL` : sql`DROP NOT NULL`;
  return {
    label: `make column "${column.name}" of "${table.name}" ${column.required ? "required" : "optional"}`,
    statement: sql`ALTER TABLE ${ident(table.name)} ALTER COLUMN ${ident(column.name)} ${change}`,
  };
}

function addConstraint(one: Constraint): SchemaStep {
  return {
    label: `add ${one.kind} "${one.name}" to "${one.table}"`,
    statement: sql`ALTER TABLE ${ident(one.table)} ADD CONSTRAINT ${ident(one.name)} ${constraintBody(one)}`,
  };
}

function constraintBody(one: Constraint): Sql {
  const columns = joinSql(one.columns.map(ident));
  if (one.kind === "unique") return sql`UNIQUE (${columns})`;
  if (one.kind === "check") return sql`CHECK (${trusted(one.condition ?? "true")})`;
  const action = deleteAction[one.onDelete ?? "restrict"];
  return sql`FOREIGN KEY (${columns}) REFERENCES ${ident(one.target ?? "")} ("id") ON DELETE ${action}${one.deferred ? deferred : emptySql}`;
}

const deferred = sql` DEFERRABLE INITIALLY DEFERRED`;

function dropConstraint(one: Constraint): SchemaStep {
  return {
    label: `drop ${one.kind} "${one.name}" of "${one.table}"`,
    statement: sql`ALTER TABLE ${ident(one.table)} DROP CONSTRAINT ${ident(one.name)}`,
  };
}

function defer(one: Constraint): SchemaStep {
  return {
    label: `ask reference "${one.name}" of "${one.table}" at the commit`,
    statement: sql`ALTER TABLE ${ident(one.table)} ALTER CONSTRAINT ${ident(one.name)}${deferred}`,
  };
}

const deleteAction = { restrict: sql`RESTRICT`, cascade: sql`CASCADE`, "set null": sql`SET NULL` };

function addIndex(index: Index): SchemaStep {
  return {
    label: `add index "${index.name}" to "${index.table}"`,
    statement: sql`CREATE INDEX ${ident(index.name)} ON ${ident(index.table)} ${indexed(index)}`,
  };
}

function dropIndex({ name, table }: Index): SchemaStep {
  return { label: `drop index "${name}" of "${table}"`, statement: sql`DROP INDEX ${ident(name)}` };
}

function indexed({ column, ofOrder, ofTexts, source, order = [] }: Index): Sql {
  const own = ident(column);
  if (ofTexts) return sql`USING gin (${own} jsonb_path_ops)`;
  if (!ofOrder) return sql`(${joinSql([own, ...order.map(indexTerm)])})`;
  const text = source ? sql`(${own} ->> ${literal(sourceLanguage)})` : own;
  return sql`(${text} COLLATE "und-x-icu", id)`;
}

function indexTerm({ column, people, descending }: IndexTerm): Sql {
  const key = people ? sql`${ident(column)} COLLATE "und-x-icu"` : ident(column);
  return descending ? sql`${key} DESC` : key;
}
