import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { columnOf, tableOf } from "../storage.ts";
import { type Context, distinctIds, granted, mustBeTexts, notFound } from "./context.ts";
import { refuseTooMany } from "./page.ts";
import { isOneOf } from "./rows.ts";
import { knownField } from "./unknown-field.ts";
import { aliasesFor, all, column, ruleTerms } from "./where.ts";

/** The texts of one field by language code; languages without one of their own are left out. */
export type TextsByLanguage = Readonly<Record<string, string>>;

/**
 * All languages of translated fields, in the order of the ids. One statement, under the right, rule and fields of
 * every read: who may not read the field learns of no language.
 *
 * @throws `not_found` when a record is missing or hidden, `invalid` for a field that is not there or not translated.
 */
export async function readTranslations(
  context: Context,
  model: Model,
  { ids, fields }: { readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<{ readonly id: number; readonly texts: Readonly<Record<string, TextsByLanguage>> }[]> {
  mustBeTexts(fields, "The fields to read");
  const access = granted(context, model, "read");
  for (const name of fields)
    if (knownField(context, model, name, access.fields).translated !== true) throw notTranslated(model, name);
  const wanted = distinctIds(model, ids);
  refuseTooMany(context, wanted);
  if (wanted.length === 0) return [];
  const place = { alias: "t", aliases: aliasesFor(context) };
  const columns = ["id", ...fields].map((name) => column("t", columnOf(model, name)));
  const where = all([isOneOf(wanted), ...ruleTerms(access.rule, place)]);
  const tuples = await context.statements.tuples(
    sql`SELECT ${joinSql(columns)} FROM ${ident(tableOf(model))} "t" WHERE ${where}`,
  );
  const byId = new Map(tuples.map((tuple) => [tuple[0], tuple]));
  return wanted.map((id) => {
    const tuple = byId.get(id);
    if (tuple === undefined) throw notFound(model);
    return {
      id,
      texts: Object.fromEntries(fields.map((name, i) => [name, (tuple[i + 1] ?? {}) as TextsByLanguage])),
    };
  });
}

function notTranslated(model: Model, name: string): ExpectedError {
  return new ExpectedError("invalid", `"${name}" of "${model.label}" is the same in all languages.`);
}
