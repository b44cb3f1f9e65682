import { present } from "@holdfast/kernel/assert";
import { ident, joinSql, literal, type Sql, sql } from "../../sql/sql.ts";
import { maxRows, type TextField } from "../environment.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import { type Context, mustBeList } from "./context.ts";
import { readValue } from "./derived.ts";
import { orderBy, relatedName } from "./order.ts";
import { recordOf, shownName } from "./shown-reference.ts";
import { knownField } from "./unknown-field.ts";
import { activeTerms, all, column, type Place, ruleTerms } from "./where.ts";

/** What a SELECT gives for some fields, and how its tuples become records. */
export interface Projection {
  readonly columns: Sql;
  /** The same, one by one. */
  readonly list: readonly Sql[];
  /** Number of columns. */
  readonly width: number;
  /** The fields in the order of their columns. */
  readonly shape: readonly TextField[];
  /** @param start - where the columns begin in the tuple. */
  record(tuple: readonly unknown[], start?: number): Record<string, unknown>;
}

/** One field: its columns and how they are read. */
interface Reader {
  readonly name: string;
  readonly field: Field;
  readonly columns: readonly Sql[];
  readonly from?: readonly TextField[];
  read(tuple: readonly unknown[], at: number): unknown;
}

/**
 * Compiles fields into the columns of one statement: names of related records and ids of collections
 * come in it as subselects, each with its own model's rule. Subselects, not joins: PostgreSQL plans them
 * in linear time and runs them after LIMIT. `id` is always among the fields.
 *
 * @param place.fields - fields that the actor may read; another one is `invalid`.
 */
export function project(
  context: Context,
  model: Model,
  names: readonly string[],
  place: ReadPlace,
): Projection {
  mustBeList(names, "The fields to read");
  const readers = [...new Set(["id", ...names])].map((name) =>
    reader(context, model, { name, field: knownField(context, model, name, place.fields), place }),
  );
  const list = readers.flatMap((one) => one.columns);
  return {
    columns: joinSql(list),
    list,
    width: readers.reduce((sum, one) => sum + one.columns.length, 0),
    shape: readers.map(({ name, field, columns, from }) => ({
      name,
      field,
      columns: columns.length,
      ...(from && { from }),
    })),
    record(tuple, start = 0) {
      const record: Record<string, unknown> = {};
      let at = start;
      for (const one of readers) {
        record[one.name] = one.read(tuple, at);
        at += one.columns.length;
      }
      return record;
    },
  };
}

/** Where fields are read, and which of them the actor may read. */
export interface ReadPlace extends Place {
  readonly fields: ReadonlySet<string>;
  /** `false`: a many2one without the name of its record. */
  readonly names?: boolean | readonly string[];
}

interface Wanted {
  readonly name: string;
  readonly field: Field;
  readonly place: ReadPlace;
}

function reader(context: Context, model: Model, { name, field, place }: Wanted): Reader {
  if (field.computed !== undefined) return computedReader(context, model, { name, field, place });
  switch (field.kind) {
    case "many2one":
      return referenceReader(context, model, { name, field, place });
    case "reference":
      return recordReader(context, { name, field, place });
    case "one2many":
    case "many2many":
      return {
        name,
        field,
        columns: [collection(context, model, { name, field, place })],
        read: (tuple, at) => tuple[at],
      };
    default:
      return {
        name,
        field,
        columns: [readValue(context, model, { name, field, place })],
        read: (tuple, at) => tuple[at],
      };
  }
}

/** A name that may not be read is empty: the id alone is in the record's own row. */
function referenceReader(context: Context, model: Model, { name, field, place }: Wanted): Reader {
  const own = readValue(context, model, { name, field, place });
  const { names = true } = place;
  const named = typeof names === "boolean" ? names : names.includes(name);
  const displayName = (named ? relatedName(context, field, own, place) : undefined) ?? sql`NULL`;
  return {
    name,
    field,
    columns: [own, displayName],
    read: (tuple, at) => (tuple[at] === null ? null : { id: tuple[at], displayName: tuple[at + 1] ?? "" }),
  };
}

/** The columns of what a value is worked out from, in the same statement; as {@link knownField} asks of them each. */
function computedReader(context: Context, model: Model, { name, field, place }: Wanted): Reader {
  const { from, value } = present(field.computed, "a value that is worked out");
  const readers = Object.keys(from).map((one) =>
    reader(context, model, { name: one, field: knownField(context, model, one, place.fields), place }),
  );
  return {
    name,
    field,
    columns: readers.flatMap((one) => one.columns),
    from: readers.map((one) => ({ name: one.name, field: one.field, columns: one.columns.length })),
    read(tuple, at) {
      const values: Record<string, unknown> = {};
      let next = at;
      for (const one of readers) {
        values[one.name] = one.read(tuple, next);
        next += one.columns.length;
      }
      return value(values as never);
    },
  };
}

/** Of a record that is hidden or gone the name is null, and with it the value. */
function recordReader(context: Context, { name, field, place }: Wanted): Reader {
  const own = column(place.alias, name);
  const shown = shownName(context, field, own, place);
  return {
    name,
    field,
    columns: [sql`CASE WHEN ${shown} IS NOT NULL THEN ${own} END`, shown],
    read: (tuple, at) => recordOf(field, tuple[at], tuple[at + 1]),
  };
}

/** Ids of a collection that the actor may read, archived ones left out, in the order of their model. */
function collection(context: Context, model: Model, { name, field, place }: Wanted): Sql {
  const target = context.registry.model(field.target ?? "");
  const access = context.gate.on(target, "read");
  if (!access.allowed) return sql`'{}'::integer[]`;
  const alias = place.aliases.next();
  const inner = { alias, aliases: place.aliases, fields: access.fields };
  const { from, link } = source(model, { name, field, place }, { target, alias });
  const where = [link, ...ruleTerms(access.rule, inner), ...activeTerms(target, alias)];
  const order = orderBy(context, target, undefined, inner);
  return sql`ARRAY(SELECT ${column(alias, "id")} FROM ${from} WHERE ${all(where)} ORDER BY ${order} LIMIT ${literal(maxRows)})`;
}

/** Records of a collection: what to select from, and what ties them to their owner. */
export function source(
  model: Model,
  { name, field, place }: Pick<Wanted, "name" | "field"> & { readonly place: Place },
  { target, alias }: { readonly target: Model; readonly alias: string },
): { readonly from: Sql; readonly link: Sql } {
  const table = sql`${ident(tableOf(target))} ${ident(alias)}`;
  const owner = column(place.alias, "id");
  if (field.kind === "one2many")
    return { from: table, link: sql`${column(alias, field.inverse ?? "")} = ${owner}` };
  const pair = place.aliases.next();
  return {
    from: sql`${ident(pairTableOf(model, name))} ${ident(pair)} JOIN ${table} ON ${column(alias, "id")} = ${column(pair, "right_id")}`,
    link: sql`${column(pair, "left_id")} = ${owner}`,
  };
}
