import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import type { PlacedCompute } from "../triggers.ts";
import { markStale, ownerColumns, ownersOf } from "./affected.ts";
import { computeBeforehand } from "./beforehand.ts";
import { askedColumn, wasAsked } from "./changes.ts";
import { applyCollections } from "./collections.ts";
import type { Commands } from "./commands.ts";
import { type Context, granted } from "./context.ts";
import { withDefaults } from "./defaults.ts";
import { askGuard } from "./guarded.ts";
import { maxInHand } from "./hand.ts";
import { heldAtOnce } from "./held-at-once.ts";
import { insertAlone } from "./insert-alone.ts";
import { type Insert, insertedColumns, insertSql } from "./insert-sql.ts";
import { roundedAmounts } from "./money.ts";
import { refuseTooMany } from "./page.ts";
import { prepare } from "./prepare.ts";
import { referenceChecks } from "./references.ts";
import { steadyFor } from "./rows.ts";
import { settling } from "./settle.ts";
import { aliasesFor, column } from "./where.ts";

/**
 * Creates records, all or none: one INSERT for any number, then what their collections, computes and rules
 * need. @returns the new ids, in the order of the values.
 *
 * @param fixed - a field that our own code sets in each of the values; see {@link prepare}.
 */
export function create(
  context: Context,
  model: Model,
  values: readonly Readonly<Record<string, unknown>>[],
  fixed?: string,
): Promise<number[]> {
  return settling(context, async () => {
    const access = granted(context, model, "create");
    refuseTooMany(context, values);
    if (values.length === 0) return [];
    const given = values.map((one) => prepare(context, model, one, { access, fixed }));
    const explicit = given.map((one) => [...one.columns.keys()]);
    const prepared = given.map((one) => withDefaults(context, model, one));
    const { done, links } = await computeBeforehand(context, model, prepared, explicit);
    const named = new Set(explicit.flat());
    if (fixed !== undefined) named.delete(fixed);
    if (context.alone !== null) {
      const whole = !fixed && model.guard === undefined && links.every((one) => one.size === 0);
      return whole
        ? insertAlone(context, context.alone, model, { prepared, named, done })
        : context.alone.refuse();
    }
    const { ids, asked } = await insert(context, model, { prepared, named, done });
    keepInHand(context, model, { ids, prepared, explicit, done });
    remember(context, model, { ids, explicit, asked });
    await applyCollections(
      context,
      model,
      new Map(ids.map((id, i) => [id, prepared[i]?.collections ?? new Map()])),
    );
    await link(context, model, { done, links: new Map(ids.map((id, i) => [id, links[i] ?? new Map()])) });
    await askGuard(context, model, {
      operation: "create",
      ids,
      fields: [...new Set(values.flatMap(Object.keys))],
    });
    return ids;
  });
}

async function insert(
  context: Context,
  model: Model,
  { prepared, named, done }: Insert,
): Promise<{ readonly ids: number[]; readonly asked: boolean }> {
  const owners = ownerColumns(context, model);
  const place = { alias: "t", aliases: aliasesFor(context) };
  const checks = referenceChecks(context, model, named, place);
  const held = heldAtOnce(context, model, "create", { fields: Object.keys(model.fields), place });
  const asking = askedColumn(context, model);
  const own = ["id", ...owners].map((name) => column("t", name));
  context.unit?.changing();
  const { names, values } = insertedColumns(context, model, prepared);
  const amounts = roundedAmounts(model, names);
  const stored = amounts.map((name) => column("t", name));
  const returned = [...own, ...checks.columns, ...held.columns, ...stored, ...asking];
  const tuples = await context.statements.tuples(
    steadyFor(prepared, insertSql(context, model, { columns: { names, values }, returned })),
  );
  checks.hold(tuples, 1 + owners.length);
  held.note(tuples, 1 + owners.length + checks.columns.length);
  const ids = tuples.map((tuple) => tuple[0] as number);
  const from = 1 + owners.length + checks.columns.length + held.columns.length;
  for (const [row, one] of prepared.entries())
    for (const [i, name] of amounts.entries()) one.columns.set(name, tuples[row]?.[from + i] as ColumnValue);
  await markStale(context, model, {
    ids,
    fields: "all",
    owners: ownersOf(owners, tuples),
    created: true,
    done,
  });
  return { ids, asked: wasAsked(asking, tuples) };
}

interface Inserted extends Pick<Insert, "prepared" | "done"> {
  readonly ids: readonly number[];
  readonly explicit: readonly (readonly string[])[];
}

/** What was stored, for the computes that follow; but what a compute has yet to make. */
function keepInHand(context: Context, model: Model, { ids, prepared, explicit, done }: Inserted): void {
  context.unit?.hand.born(model, ids);
  if (ids.length > maxInHand) return;
  const computes = context.triggers.computes.get(model.name) ?? [];
  const toCome = new Set(computes.filter((one) => !done.has(one)).flatMap(({ compute }) => compute.fields));
  for (const [i, id] of ids.entries()) {
    const columns = [...(prepared[i]?.columns ?? [])];
    const known = columns.filter(([name]) => !toCome.has(name) || explicit[i]?.includes(name));
    context.unit?.hand.keep(model, id, known);
  }
}

interface Links {
  readonly done: ReadonlySet<PlacedCompute>;
  readonly links: ReadonlyMap<number, ReadonlyMap<string, Commands>>;
}

/** Links what computes chose; those that ran beforehand have reckoned with it. */
async function link(context: Context, model: Model, { done, links }: Links): Promise<void> {
  const linked = [...links].filter(([, own]) => own.size > 0);
  if (linked.length === 0) return;
  const ids = linked.map(([id]) => id).filter((id) => context.unit?.isFresh(done, id) === true);
  await applyCollections(context.system("link what a new record comes with"), model, new Map(linked));
  context.unit?.fresh(done, ids);
}

interface Created {
  readonly ids: readonly number[];
  readonly explicit: readonly (readonly string[])[];
  readonly asked: boolean;
}

/** What was given by name stays as given, and is checked. */
function remember(context: Context, model: Model, { ids, explicit, asked }: Created): void {
  for (const [i, id] of ids.entries()) context.unit?.keepExplicit(model, id, explicit[i] ?? []);
  const touched = { ids, fields: Object.keys(model.fields), asked };
  context.unit?.touched({ context, model, operation: "create" }, touched);
}
