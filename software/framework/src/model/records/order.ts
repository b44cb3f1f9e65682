import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Field, FieldKind } from "../field.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { Context } from "./context.ts";
import { readValue } from "./derived.ts";
import { knownField } from "./unknown-field.ts";
import { all, column, nameOf, type Place, ruleTerms } from "./where.ts";

/** Most fields that one order names. */
export const maxOrderTerms = 8;
const term = /^\s*([a-z_][a-z0-9_]*)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*$/i;
const sortable = new Set<FieldKind>([
  "text",
  "longText",
  "integer",
  "decimal",
  "money",
  "boolean",
  "date",
  "datetime",
  "selection",
  "many2one",
]);

/** One key of an order, as a statement sorts by it. */
export interface OrderTerm {
  readonly name: string;
  readonly field: Field;
  readonly key: Sql;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** As it stands in ORDER BY. */
  readonly item: Sql;
}

type OrderPlace = Place & { readonly fields: ReadonlySet<string> };

/**
 * `"name desc, id"` as ORDER BY. A many2one sorts by the name of its record, where that may be read. The
 * id comes last, so that pages never overlap.
 *
 * @throws `invalid` on anything else, or on a field that the actor may not read.
 */
export function orderBy(context: Context, model: Model, order: string | undefined, place: OrderPlace): Sql {
  return joinSql(orderTerms(context, model, order, place).map(({ item }) => item));
}

/** The keys of an order, the id among them. @throws as {@link orderBy}. */
export function orderTerms(
  context: Context,
  model: Model,
  order: string | undefined,
  place: OrderPlace,
): OrderTerm[] {
  if (order !== undefined && typeof order !== "string") throw malformed(String(order));
  const given = order !== undefined && order.trim() !== "";
  const texts = (given ? order : model.order).split(",");
  if (texts.length > maxOrderTerms) throw malformed(order ?? "");
  const terms = texts.flatMap((text) => {
    const [, name = "", direction = "asc", nulls] = term.exec(text) ?? [];
    if (name === "") throw malformed(text);
    if (!given && name !== "id" && !place.fields.has(name)) return [];
    const field = knownField(context, model, name, place.fields);
    if (!sortable.has(field.kind) || field.computed !== undefined)
      throw new ExpectedError("invalid", `"${model.label}" cannot be sorted by "${name}".`);
    const key = sortKey(context, model, { name, field, place });
    const descending = direction.toLowerCase() === "desc";
    return [orderTerm({ name, field, key, descending }, nulls?.toLowerCase())];
  });
  if (terms.some(({ name }) => name === "id")) return terms;
  const id = {
    name: "id",
    field: knownField(context, model, "id", place.fields),
    key: column(place.alias, "id"),
  };
  return [...terms, { ...id, descending: false, nullsFirst: false, item: id.key }];
}

/** Without a word on nulls PostgreSQL takes them for the greatest of all values. */
function orderTerm(one: Omit<OrderTerm, "item" | "nullsFirst">, nulls: string | undefined): OrderTerm {
  const direction = one.descending ? sql`DESC` : sql`ASC`;
  const nullsFirst = nulls === undefined ? one.descending : nulls === "first";
  return { ...one, nullsFirst, item: sql`${one.key} ${direction}${placement(nulls)}` };
}

function placement(nulls: string | undefined): Sql {
  if (nulls === undefined) return sql``;
  return nulls === "first" ? sql` NULLS FIRST` : sql` NULLS LAST`;
}

interface Key {
  readonly name: string;
  readonly field: Field;
  readonly place: Place;
}

function sortKey(context: Context, model: Model, { name: key, field, place }: Key): Sql {
  const own = readValue(context, model, { name: key, field, place });
  if (field.kind === "many2one") {
    const name = relatedName(context, field, own, place);
    return name === undefined ? own : collated(name);
  }
  return field.kind === "text" || field.kind === "longText" ? collated(own) : own;
}

/** People expect their alphabet, not the order of bytes. The database's collation is C. */
export function collated(text: Sql): Sql {
  return sql`${text} COLLATE "und-x-icu"`;
}

/**
 * The name of the record that a many2one points to, as a subselect; null where a rule hides it.
 *
 * @returns undefined when the actor may not read names of the target at all.
 */
export function relatedName(context: Context, field: Field, reference: Sql, place: Place): Sql | undefined {
  const target = context.registry.models.get(field.target ?? "");
  if (target === undefined) return undefined;
  const access = context.gate.on(target, "read");
  if (!access.allowed || !access.fields.has(target.displayName)) return undefined;
  const alias = place.aliases.next();
  const where = [sql`${column(alias, "id")} = ${reference}`, ...ruleTerms(access.rule, { ...place, alias })];
  return sql`(SELECT ${nameOf({ ...place, alias }, target)} FROM ${ident(tableOf(target))} ${ident(alias)} WHERE ${all(where)})`;
}

function malformed(text: string): ExpectedError {
  return new ExpectedError("invalid", `"${text.slice(0, 64)}" is not an order.`, {
    hint: 'Write fields with a direction, separated by commas: "name, id desc".',
  });
}
