import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { markStale, ownerColumns, ownersOf, referredColumns } from "./affected.ts";
import { askedColumn, wasAsked } from "./changes.ts";
import { applyCollections } from "./collections.ts";
import { type Context, distinctIds, type Granted, granted, type WriteChange } from "./context.ts";
import { refuseChangedSince } from "./expected.ts";
import { frozenTerms, refuseFrozen } from "./freezes.ts";
import { askGuard } from "./guarded.ts";
import { maxInHand } from "./hand.ts";
import { heldAtOnce } from "./held-at-once.ts";
import { refuseHidden } from "./hidden.ts";
import { knownColumns } from "./known-columns.ts";
import { followingAmounts } from "./money.ts";
import { refuseTooMany } from "./page.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { referenceChecks } from "./references.ts";
import { isOneOf, maxSteadyRows, rowColumn, rowsSql, steadyFor, valueSql } from "./rows.ts";
import { settling } from "./settle.ts";
import { stamps } from "./stamps.ts";
import { updated } from "./stored-value.ts";
import { updateAlone } from "./update-alone.ts";
import { aliasesFor, all, column, type Place, ruleTerms } from "./where.ts";

/** Gives the same values to all the records, or changes nothing. */
export function write(context: Context, model: Model, change: WriteChange): Promise<void> {
  return settling(context, async () => {
    const access = granted(context, model, "write");
    const ids = distinctIds(model, change.ids);
    const prepared = prepare(context, model, change.values, { access, fixed: change.fixed });
    if (ids.length === 0) return;
    refuseTooMany(context, ids);
    if (model.guard !== undefined || change.expected !== undefined) context.alone?.refuse();
    await askGuard(context, model, { operation: "write", ids, fields: Object.keys(change.values) });
    if (change.expected !== undefined) await refuseChangedSince(context, model, ids, change.expected);
    await update(context, model, { rows: ids.map((id) => ({ id, prepared })), access, fixed: change.fixed });
  });
}

/**
 * Gives each record its own values: one UPDATE for all that set the same fields.
 *
 * @param fixed - a field that our own code sets in each of the values; see {@link prepare}.
 */
export function writeEach(
  context: Context,
  model: Model,
  changes: readonly { readonly id: number; readonly values: Readonly<Record<string, unknown>> }[],
  fixed?: string,
): Promise<void> {
  return settling(context, async () => {
    if (changes.length === 0) return;
    refuseTooMany(context, changes);
    const access = granted(context, model, "write");
    const rows = changes.map(({ id, values }) => ({
      id,
      prepared: prepare(context, model, values, { access, fixed }),
    }));
    distinctIds(
      model,
      rows.map((row) => row.id),
    );
    const fields = [...new Set(changes.flatMap(({ values }) => Object.keys(values)))];
    await askGuard(context, model, { operation: "write", ids: changes.map(({ id }) => id), fields });
    const sameFields = Map.groupBy(rows, ({ prepared }) => [...prepared.columns.keys()].sort().join());
    for (const group of sameFields.values()) await update(context, model, { rows: group, access, fixed });
  });
}

interface UpdatedRow {
  readonly id: number;
  readonly prepared: Prepared;
}

interface Update {
  /** All set the same columns. */
  readonly rows: readonly UpdatedRow[];
  readonly access: Granted;
  readonly fixed: string | undefined;
}

async function update(context: Context, model: Model, { rows, access, fixed }: Update): Promise<void> {
  const ids = rows.map((row) => row.id);
  const given = [...(rows[0]?.prepared.columns.keys() ?? [])];
  const fields = [...given, ...followingAmounts(model, given)];
  if (context.alone !== null) {
    const whole = rows.length === 1 && fixed === undefined;
    return whole ? updateAlone(context, context.alone, model, rows[0] as UpdatedRow) : context.alone.refuse();
  }
  const owners = ownerColumns(context, model);
  const moving = new Set(owners.filter((name) => fields.includes(name)));
  if (moving.size > 0) await markStale(context, model, { ids, fields: moving });
  context.unit?.changing();
  const place = { alias: "t", aliases: aliasesFor(context) };
  const named = fields.filter((name) => name !== fixed);
  const checks = referenceChecks(context, model, named, place);
  const held = heldAtOnce(context, model, "write", { fields, place });
  const asking = askedColumn(context, model);
  const own = ["id", ...owners].map((name) => column("t", name));
  const referred = referredColumns(context, model, ids.length <= maxSteadyRows ? fields : []);
  const known = knownColumns(context, model, ids.length <= maxInHand ? fields : []);
  const returned = [
    ...own,
    ...checks.columns,
    ...held.columns,
    ...referred.columns,
    ...known.columns,
    ...asking,
  ];
  const tuples = await context.statements.tuples(
    updateSql(context, model, { rows, access, returned, place }),
  );
  if (tuples.length !== ids.length) {
    await refuseFrozen(context, model, { ids, fields });
    await refuseHidden(context, model, "write", ids);
  }
  checks.hold(tuples, own.length);
  context.unit?.changedSince(model, ids, fields);
  held.note(tuples, own.length + checks.columns.length);
  const last = returned.length - asking.length - known.columns.length;
  known.keep(tuples, last);
  const unreferred = referred.unreferred(tuples, last - referred.columns.length);
  const change = { ids, fields: new Set(fields), owners: ownersOf(owners, tuples), unreferred };
  await markStale(context, model, change);
  for (const { id, prepared } of rows) context.unit?.keepExplicit(model, id, prepared.columns.keys());
  const linked = rows.flatMap((row) => [...row.prepared.collections.keys()]);
  const touched = { ids, fields: [...fields, ...linked], asked: wasAsked(asking, tuples) };
  context.unit?.touched({ context, model, operation: "write" }, touched);
  await applyCollections(context, model, new Map(rows.map((row) => [row.id, row.prepared.collections])));
}

/** The rule is part of the statement: between a check and the change nothing can slip. */
function updateSql(
  context: Context,
  model: Model,
  {
    rows,
    access,
    returned,
    place,
  }: Pick<Update, "rows" | "access"> & { readonly returned: readonly Sql[]; readonly place: Place },
): Sql {
  const ids = rows.map((row) => row.id);
  const stamped = stamps(context, ["write"]).map(
    ([name, value]) => sql`${ident(name)} = ${valueSql(model, name, value)}`,
  );
  const { set, from, link, newValue } = assignments(context, model, rows);
  const fields = [...(rows[0]?.prepared.columns.keys() ?? [])];
  const where = all([
    isOneOf(ids),
    ...link,
    ...ruleTerms(access.rule, place),
    ...frozenTerms(context, model, { fields, place, newValue }),
  ]);
  const returning = joinSql(returned);
  return steadyFor(
    rows,
    sql`UPDATE ${ident(tableOf(model))} "t" SET ${joinSql([...set, ...stamped])}${from} WHERE ${where} RETURNING ${returning}`,
  );
}

interface Assignments {
  readonly set: readonly Sql[];
  readonly from: Sql;
  readonly link: readonly Sql[];
  /** The new value of a column. */
  readonly newValue: (name: string) => Sql;
}

function assignments(context: Context, model: Model, rows: Update["rows"]): Assignments {
  const [first] = rows;
  // In the model's order, whatever the caller's: one text for all callers.
  const names = Object.keys(model.fields).filter((name) => first?.prepared.columns.has(name));
  const setNames = [...names, ...followingAmounts(model, names)];
  const setting = (given: (name: string) => Sql, from: Sql, link: readonly Sql[]): Assignments => {
    const own = (name: string) => (names.includes(name) ? given(name) : column("t", name));
    const newValue = (name: string) => updated(context, model, name, own);
    return { set: setNames.map((name) => sql`${ident(name)} = ${newValue(name)}`), from, link, newValue };
  };
  if (rows.every((row) => row.prepared === first?.prepared)) {
    const value = (name: string) => first?.prepared.columns.get(name) ?? null;
    return setting((name) => valueSql(model, name, value(name)), sql``, []);
  }
  const columns = new Map<string, readonly ColumnValue[]>([
    ["id", rows.map((row) => row.id)],
    ...names.map((name) => [name, rows.map((row) => row.prepared.columns.get(name) ?? null)] as const),
  ]);
  return setting((name) => rowColumn(model, name, "v"), sql` FROM ${rowsSql(model, columns, "v")}`, [
    sql`${column("t", "id")} = ${column("v", "id")}`,
  ]);
}
