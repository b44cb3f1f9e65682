import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, literal, type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { NestedField, NestedLevel } from "../selection.ts";
import { isX2many, tableOf } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { readValue } from "./derived.ts";
import { orderBy } from "./order.ts";
import { wholeLimit } from "./page.ts";
import { project, type ReadPlace, source } from "./projection.ts";
import type { Chosen } from "./selection.ts";
import { knownField } from "./unknown-field.ts";
import { activeTerms, all, column, ruleTerms } from "./where.ts";

/** Rows that one relation may give in one answer, all its owners' together. */
export const maxNestedRows = 50_000;
/** Rows of one collection when no limit is given. */
export const usualNestedRows = 1_000;

/** The columns of one level, and how they are laid out. */
export interface LevelColumns {
  readonly list: readonly Sql[];
  readonly level: NestedLevel;
}

/**
 * Compiles a selection into the columns of one statement: records behind a relation come in it as one column of
 * JSON, from a subselect with their own model's right, rule and fields. Archived ones and those that a rule hides are
 * not in collections; a many2one that a rule hides is null.
 *
 * @param owners - at most so many rows have these columns: what bounds the answer as a whole.
 * @throws `invalid` on fields that do not exist for the actor, `access_denied` on models that may not be read.
 */
export function levelColumns(
  context: Context,
  model: Model,
  chosen: readonly Chosen[],
  { place, owners }: { readonly place: ReadPlace; readonly owners: number },
): LevelColumns {
  const plain = chosen.filter(({ inside }) => inside === undefined).map(({ name }) => name);
  const own = project(context, model, plain, place);
  const list = [...own.list];
  const shape: NestedField[] = [...own.shape];
  for (const { name, inside } of chosen) {
    if (inside === undefined) continue;
    const field = relation(context, model, name, place);
    const related = behind(context, model, { name, field, inside, place, owners });
    list.push(related.column);
    shape.push({
      name,
      field,
      columns: 1,
      level: related.level,
      ...(related.most && { most: related.most }),
    });
  }
  return { list, level: { label: model.label, shape } };
}

function relation(context: Context, model: Model, name: string, place: ReadPlace): Field {
  const field = knownField(context, model, name, place.fields);
  if (field.target !== undefined) return field;
  throw new ExpectedError(
    "invalid",
    `"${name}" of "${model.label}" is no relation: it has no fields of its own.`,
  );
}

interface Behind {
  readonly name: string;
  readonly field: Field;
  readonly inside: NonNullable<Chosen["inside"]>;
  readonly place: ReadPlace;
  readonly owners: number;
}

function behind(context: Context, model: Model, wanted: Behind) {
  const { name, field, inside, place } = wanted;
  const target = context.registry.model(field.target ?? "");
  if (inside.model !== undefined && inside.model !== target.name)
    throw new ExpectedError(
      "invalid",
      `"${name}" of "${model.label}" leads to "${target.name}", not "${inside.model}".`,
    );
  const access = granted(context, target, "read");
  const alias = place.aliases.next();
  const inner: ReadPlace = { ...place, alias, fields: access.fields };
  const many = isX2many(field.kind);
  const rows = many ? rowsOf(target, wanted) : { owners: wanted.owners, limit: literal(1) };
  const { list, level } = levelColumns(context, target, inside.fields, { place: inner, owners: rows.owners });
  const { from, link } = many
    ? source(model, { name, field, place }, { target, alias })
    : single(context, model, wanted, alias);
  const visible = ruleTerms(access.rule, inner);
  const where = all([link, ...visible, ...(many ? activeTerms(target, alias) : [])]);
  const order = orderBy(context, target, inside.order, inner);
  const row = place.aliases.next();
  const rowSql = sql`SELECT ${asTexts(list, level)} FROM ${from} WHERE ${where} ORDER BY ${order} LIMIT ${rows.limit}`;
  const json = many ? sql`json_agg(${ident(row)})` : sql`row_to_json(${ident(row)})`;
  return {
    column: sql`(SELECT ${json} FROM (${rowSql}) ${ident(row)})`,
    level,
    most: "most" in rows ? rows.most : undefined,
  };
}

function single(context: Context, model: Model, { name, field, place }: Behind, alias: string) {
  const target = context.registry.model(field.target ?? "");
  const from = sql`${ident(tableOf(target))} ${ident(alias)}`;
  const link = sql`${column(alias, "id")} = ${readValue(context, model, { name, field, place })}`;
  return { from, link };
}

/** How many rows of a collection: as asked, or one more than usual, so that an answer is never cut off in silence. */
function rowsOf(target: Model, { inside, owners }: Behind) {
  const most = Math.max(1, Math.floor(maxNestedRows / Math.max(1, owners)));
  if (inside.limit === undefined) {
    const usual = Math.min(most, usualNestedRows);
    return { owners: owners * usual, limit: literal(usual + 1), most: usual };
  }
  const limit = wholeLimit(inside.limit, maxNestedRows);
  if (inside.limit <= most) return { owners: owners * Math.max(1, inside.limit), limit };
  throw new ExpectedError(
    "invalid",
    `${inside.limit} records of "${target.label}" for each of ${owners} are more than ${maxNestedRows}.`,
    { hint: "Give smaller limits." },
  );
}

/** Columns in order, as PostgreSQL writes their values; JSON stays what it is. */
function asTexts(list: readonly Sql[], { shape }: NestedLevel): Sql {
  const fields = shape
    .flatMap((one): readonly NestedField[] => one.from ?? [one])
    .flatMap((one) => Array.from({ length: one.columns }, () => one));
  return joinSql(
    list.map((value, at) => {
      const { level, field } = fields[at] as NestedField;
      const text =
        level !== undefined
          ? value
          : field.kind === "boolean"
            ? sql`left((${value})::text, 1)`
            : sql`(${value})::text`;
      return sql`${text} AS ${ident(`c${at}`)}`;
    }),
  );
}
