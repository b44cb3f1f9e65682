import { present } from "@holdfast/kernel/assert";
import { ident, sql, steady } from "../../sql/sql.ts";
import type { Domain, SearchOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { afterTerms } from "./after.ts";
import { type Context, granted } from "./context.ts";
import { keptStatement } from "./kept-statements.ts";
import { orderBy } from "./order.ts";
import { page } from "./page.ts";
import { project } from "./projection.ts";
import { aliasesFor, all, column, ruleTerms, searchTerms } from "./where.ts";
import type { Witness } from "./witness.ts";

/** A search, and what of the record behind one many2one comes with it. */
interface WantedWith {
  readonly domain: Domain;
  readonly fields: readonly string[];
  readonly behind: {
    readonly field: string;
    readonly model: Model;
    readonly fields: readonly string[];
    readonly named?: readonly string[];
  };
  readonly options: SearchOptions;
}

/** Records with fields of the one behind a many2one, each under its own model's right and rule. One statement. */
export async function searchWith(
  context: Context,
  model: Model,
  wanted: WantedWith,
): Promise<Record<string, unknown>[]> {
  const { statement, refuseMore, ...found } = keptStatement(context, questionOf("with", model, wanted), () =>
    statementWith(context, model, wanted),
  );
  const tuples = await context.statements.tuples(statement);
  refuseMore(tuples.length);
  return tuples.map((tuple) => recordWith(found, tuple, wanted));
}

/**
 * The first record that {@link searchWith} finds, and how to ask again whether all that was read of it is the same.
 * Whoever asks again reads one text, and makes no record of it.
 */
export async function searchWitness(
  context: Context,
  model: Model,
  wanted: Omit<WantedWith, "options">,
): Promise<{ readonly record: Record<string, unknown>; readonly witness: Witness } | undefined> {
  const only = { ...wanted, options: { limit: 1 } };
  const found = keptStatement(context, questionOf("witness", model, only), () => {
    const made = statementWith(context, model, only);
    const asText = sql`"now"::text FROM (${made.statement}) "now"`;
    return {
      ...made,
      first: steady(sql`SELECT "now".*, ${asText}`),
      again: steady(sql`SELECT ${asText}`),
    };
  });
  const [tuple] = await context.statements.tuples(found.first);
  if (tuple === undefined) return undefined;
  return {
    record: recordWith(found, tuple, only),
    witness: { again: found.again, seen: tuple[found.own.width + found.other.width] as string },
  };
}

type Found = Pick<ReturnType<typeof statementWith>, "own" | "other">;

function recordWith({ own, other }: Found, tuple: readonly unknown[], { behind }: WantedWith) {
  const there = tuple[own.width] !== null;
  return { ...own.record(tuple), [behind.field]: there ? other.record(tuple, own.width) : null };
}

function questionOf(kind: string, model: Model, { behind, domain, fields, options }: WantedWith): unknown[] {
  const { order, limit, offset, activeOnly, after } = options;
  const there = [behind.field, behind.fields, behind.named];
  return [kind, model.name, domain, fields, ...there, order, limit, offset, activeOnly, after];
}

function statementWith(context: Context, model: Model, { behind, domain, fields, options }: WantedWith) {
  const access = granted(context, model, "read");
  const aliases = aliasesFor(context);
  const place = { alias: "t", aliases, fields: access.fields, names: false };
  const target = context.registry.model(
    present(access.fields.has(behind.field) ? model.fields[behind.field] : undefined, "the many2one")
      .target ?? "",
  );
  const there = granted(context, target, "read");
  const beyond = { alias: aliases.next(), aliases, fields: there.fields, names: behind.named ?? false };
  const own = project(context, model, fields, place);
  const other = project(context, target, behind.fields, beyond);
  const link = all([
    sql`${column(beyond.alias, "id")} = ${column("t", behind.field)}`,
    ...ruleTerms(there.rule, beyond),
  ]);
  const { activeOnly, order, after } = options;
  const where = all([
    ...searchTerms(context, model, { access, domain, activeOnly }, place),
    ...afterTerms(context, model, { access, order, after }, place),
  ]);
  const { clause, refuseMore } = page(context, options);
  // How a session is checked, with every request: by a key.
  const statement = steady(sql`SELECT ${own.columns}, ${other.columns} FROM ${ident(tableOf(model))} "t"
    LEFT JOIN ${ident(tableOf(target))} ${ident(beyond.alias)} ON ${link}
    WHERE ${where} ORDER BY ${orderBy(context, model, order, place)}${clause}`);
  return { statement, own, other, refuseMore };
}
