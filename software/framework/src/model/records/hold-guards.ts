import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Check, Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { outsideRule } from "./guard-errors.ts";
import { type Projection, project } from "./projection.ts";
import { steadyFor } from "./rows.ts";
import { toldRefusal } from "./told-refusal.ts";
import type { Guard, Held, Owed } from "./unit-of-work.ts";
import { aliasesFor, column, type Place, ruleTerms } from "./where.ts";

/**
 * Holds the actor's rules and the models' checks against the records as they are after all computes: one
 * statement for each model and operation, none where nothing is asked. A rule is asked before a check, so
 * that a check's words tell nothing of records that the actor may not have.
 *
 * @throws `access_denied`, `invalid`; the transaction then rolls back.
 */
export async function holdGuards(system: Context, { guards, checks }: Owed): Promise<void> {
  const unchecked = new Map(
    [...checks].map(([model, { ids, fields }]) => [model, { ids: new Set(ids), fields }]),
  );
  for (const guard of guards) {
    const due = unchecked.get(guard.model);
    const asked = { ...guard, checks: checksOf(guard.model, due?.fields) };
    const told = guard.ids.size === 0 ? [] : heldBefore(system, asked);
    const outside = told.filter(([, held]) => !held.allowed).map(([id]) => id);
    if (outside.length > 0) throw await outsideWords(guard, outside);
    const answered = new Set(told.map(([id]) => id));
    await hold(system, { ...asked, ids: guard.ids.difference(answered) });
    for (const [, held] of told) holdChecks(guard.context, asked, held.record);
    for (const id of guard.ids) due?.ids.delete(id);
  }
  for (const [model, { ids, fields }] of unchecked) {
    const asked: Asked = { context: system, model, operation: "write", ids, checks: checksOf(model, fields) };
    const told = asked.checks.length === 0 ? [] : heldBefore(system, asked, "checks alone");
    for (const [, held] of told) holdChecks(system, asked, held.record);
    await hold(system, { ...asked, ids: ids.difference(new Set(told.map(([id]) => id))) });
  }
}

type Asked = Guard & { readonly checks: readonly Check[] };

/** What the changing statements told themselves, and nothing has changed since. */
function heldBefore(system: Context, asked: Asked, what?: "checks alone"): (readonly [number, Held])[] {
  return [...asked.ids].flatMap((id) => {
    const held = system.unit?.heldBefore(asked.model, id);
    if (held === undefined || asked.checks.some((check) => !held.checks.includes(check))) return [];
    const same = held.env === asked.context.env && held.operation === asked.operation;
    return same || what === "checks alone" ? [[id, held] as const] : [];
  });
}

/** The checks that a change of these fields may break. */
export function checksOf(model: Model, touched: ReadonlySet<string> | undefined): readonly Check[] {
  return (model.checks ?? []).filter((check) => check.fields.some((name) => touched?.has(name)));
}

async function hold(system: Context, guard: Asked): Promise<void> {
  const { model, checks } = guard;
  const ids = [...guard.ids];
  const place = { alias: "t", aliases: aliasesFor(system) };
  const terms = guardTerms(guard, place);
  if (ids.length === 0 || (terms.length === 0 && checks.length === 0)) return;
  const seen = projectChecks(system, model, { checks, place });
  const columns = [...terms.map((holds) => sql`(${holds}) IS TRUE`), seen.columns];
  const tuples = await system.statements.tuples(
    steadyFor(
      ids,
      sql`SELECT ${joinSql(columns)} FROM ${ident(tableOf(model))} "t" WHERE ${column("t", "id")} = ANY(${ids}::integer[])`,
    ),
  );
  // One that is not there any more was deleted by this very transaction: others cannot, it had changed it.
  for (const tuple of tuples) {
    const broken = terms.find((_term, i) => tuple[i] !== true);
    if (broken !== undefined) throw await outsideWords(guard, ids);
  }
  for (const tuple of tuples) holdChecks(guard.context, guard, seen.record(tuple, terms.length));
}

function guardTerms({ context, model, operation }: Guard, place: Place): Sql[] {
  return ruleTerms(granted(context, model, operation).rule, place);
}

async function outsideWords(
  { context, model, operation }: Guard,
  ids: readonly number[],
): Promise<ExpectedError> {
  return (await toldRefusal(context, model, operation, ids)) ?? outsideRule(model, operation);
}

/** Checks see whole records, whoever made the change. */
export function projectChecks(
  system: Context,
  model: Model,
  { checks, place }: { readonly checks: readonly Check[]; readonly place: Place },
): Projection {
  const names = [...new Set(checks.flatMap((check) => check.fields))];
  return project(system, model, names, { ...place, fields: granted(system, model, "read").fields });
}

function holdChecks(
  context: Context,
  { model, checks }: { readonly model: Model; readonly checks: readonly Check[] },
  record: Readonly<Record<string, unknown>>,
): void {
  for (const check of checks) {
    const sentence = check.violation(record, context.registry);
    if (sentence === undefined) continue;
    const fields = check.fields.filter((name) => mayName(context, model, name));
    throw new ExpectedError("invalid", sentence, {
      about: { model: model.name, fields },
      details: { model: model.name, id: record["id"] },
    });
  }
}

/** A field that the actor may not read does not exist for them, not even by its name. */
function mayName(context: Context, model: Model, name: string): boolean {
  if (context.actor.kind === "system") return false;
  const access = context.gate.on(model, "read");
  return access.allowed && access.fields.has(name);
}
