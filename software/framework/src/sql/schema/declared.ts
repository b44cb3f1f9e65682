import type { RecordRule } from "../../access/policy.ts";
import { automaticColumns, automaticFields } from "../../model/automatic.ts";
import type { Field } from "../../model/field.ts";
import { isKeyed } from "../../model/keyed.ts";
import { sourceLanguage } from "../../model/languages.ts";
import type { Model, SqlConstraint } from "../../model/model.ts";
import { maxReferenceCharacters } from "../../model/record-reference.ts";
import { constraintName, isStored, pairTableOf, shortName, tableOf } from "../../model/storage.ts";
import { checkText } from "./check-text.ts";
import { ruledIndexes } from "./ruled-index.ts";
import type { Column, Constraint, Index, Schema, Table } from "./schema.ts";

/** Digits before the point of every exact number. */
export const wholeDigits = 18;

/**
 * The schema that models declare. Pure; the same models give the same value, in the same order.
 *
 * @param rules - what they ask for has indexes of its own.
 */
export function declaredSchema(
  models: ReadonlyMap<string, Model>,
  rules: readonly RecordRule[] = [],
): Schema {
  const sorted = [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = sorted.flatMap((model) => [ownTable(model, rules), ...pairTables(model, models)]);
  return {
    tables: parts.map((part) => part.table),
    constraints: parts.flatMap((part) => part.constraints),
    indexes: parts.flatMap((part) => part.indexes),
  };
}

interface Part {
  readonly table: Table;
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
}

function ownTable(model: Model, rules: readonly RecordRule[]): Part {
  const table = tableOf(model);
  const ruled = ruledIndexes(model, table, rules);
  const isRuled = (name: string) => ruled.some(({ column }) => column === name);
  const stored = Object.entries(model.fields).filter(([, field]) => isStored(field));
  const references = stored.filter(([, field]) => field.kind === "many2one" && field.onDelete !== "keep");
  return {
    table: {
      name: table,
      columns: [...automaticColumns.map(automaticColumn), ...stored.map(columnFor)],
      primaryKey: ["id"],
    },
    constraints: [
      ...stored.filter(([, field]) => field.unique).map(([name]) => uniqueOn(table, name)),
      ...references.map(([name, field]) => referenceFrom(table, name, field)),
      ...(model.constraints ?? []).map((one) => ownConstraint(model, one)),
    ],
    indexes: [
      ...stored
        .filter(
          ([, field]) =>
            !field.unique && (field.index ?? (field.kind === "many2one" || field.kind === "reference")),
        )
        .filter(([name]) => !isRuled(name))
        .map(([name, field]) => (field.translated ? indexOfTexts(table, name) : indexOn(table, name))),
      ...orderIndex(model, table),
      ...ruled,
    ],
  };
}

function ownConstraint(model: Model, constraint: SqlConstraint): Constraint {
  const own = { name: constraintName(model, constraint), table: tableOf(model) };
  if ("unique" in constraint) return { ...own, kind: "unique", columns: constraint.unique };
  const { columns, condition } = checkText(model, constraint.check);
  return { ...own, kind: "check", columns, condition };
}

function pairTables(model: Model, models: ReadonlyMap<string, Model>): Part[] {
  return Object.entries(model.fields)
    .filter(([, field]) => field.kind === "many2many")
    .map(([name, field]) => pairTable(model, name, models.get(field.target ?? "") ?? model));
}

function pairTable(model: Model, field: string, target: Model): Part {
  const table = pairTableOf(model, field);
  const side = (column: string, to: Model): Constraint => ({
    name: shortName(`${table}_${column}_fkey`),
    table,
    columns: [column],
    kind: "reference",
    target: tableOf(to),
    onDelete: "cascade",
    deferred: true,
  });
  const column = (name: string): Column => ({ name, type: "integer", required: true });
  return {
    table: {
      name: table,
      columns: [column("left_id"), column("right_id")],
      primaryKey: ["left_id", "right_id"],
    },
    constraints: [side("left_id", model), side("right_id", target)],
    indexes: [indexOn(table, "right_id")],
  };
}

function automaticColumn(name: (typeof automaticColumns)[number]): Column {
  if (name === "id") return { name, type: "integer", required: true, identity: true };
  return columnFor([name, automaticFields[name] as Field]);
}

/** The column of a stored field. */
export function columnFor([name, field]: readonly [string, Field]): Column {
  const constant = constantDefault(field);
  return {
    name,
    type: columnType(field),
    required: field.required && !field.perCompany,
    ...(constant !== undefined && { default: constant }),
  };
}

/** How PostgreSQL prints the type of a field's column. */
function columnType(field: Field): string {
  if (isKeyed(field)) return "jsonb";
  switch (field.kind) {
    case "text":
      return `character varying(${field.maxLength ?? 256})`;
    case "longText":
    case "html":
    case "selection":
      return "text";
    case "reference":
      return `character varying(${maxReferenceCharacters})`;
    case "integer":
    case "many2one":
      return "integer";
    case "money":
      return "numeric";
    case "decimal":
      return `numeric(${wholeDigits + (field.scale ?? 2)},${field.scale ?? 2})`;
    case "datetime":
      return "timestamp with time zone";
    case "json":
      return "jsonb";
    case "boolean":
    case "date":
      return field.kind;
    default:
      throw new TypeError(`a field of kind ${field.kind} has no column`);
  }
}

/** A required field's constant default is the database's too, so that the column can be added to a table with rows. */
function constantDefault(field: Field): string | number | boolean | undefined {
  const value = field.default;
  if (!field.required || field.kind === "json" || field.perCompany) return undefined;
  if (field.translated)
    return typeof value === "string" ? JSON.stringify({ [sourceLanguage]: value }) : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : undefined;
}

function uniqueOn(table: string, column: string): Constraint {
  return { name: shortName(`${table}_${column}_key`), table, columns: [column], kind: "unique" };
}

function referenceFrom(table: string, column: string, field: Field): Constraint {
  return {
    name: shortName(`${table}_${column}_fkey`),
    table,
    columns: [column],
    kind: "reference",
    target: shortName((field.target ?? "").replaceAll(".", "_")),
    onDelete: deleteRule(field),
    deferred: true,
  };
}

function deleteRule({ onDelete }: Field): "restrict" | "cascade" | "set null" {
  return onDelete === undefined || onDelete === "keep" ? "set null" : onDelete;
}

/**
 * The index of a model's own order, where its first field is an indexed text: people sort by their alphabet, which
 * the plain index, in the order of bytes, does not know. A page of a million contacts is then its first rows.
 */
function orderIndex(model: Model, table: string): Index[] {
  const [, column = "", desc] = /^\s*([a-z_][a-z0-9_]*)(?:\s+(desc))?/i.exec(model.order) ?? [];
  const field = model.fields[column];
  if (field?.kind !== "text" || field.index !== true || desc !== undefined) return [];
  const name = shortName(`${table}_${column}_${field.translated ? "source_order" : "order"}`);
  return [{ name, table, column, ofOrder: true, ...(field.translated && { source: true as const }) }];
}

/** Finds a translated text by what it is in any language. */
function indexOfTexts(table: string, column: string): Index {
  return { name: shortName(`${table}_${column}_texts`), table, column, ofTexts: true };
}

function indexOn(table: string, column: string): Index {
  return { name: shortName(`${table}_${column}_index`), table, column };
}
