import type { Field } from "../field.ts";
import { Translations } from "../keyed.ts";
import type { Model } from "../model.ts";
import { isDerived } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { create } from "./create.ts";
import { read } from "./read.ts";
import { readTranslations } from "./translations.ts";

/** How deep copied collections may nest: an order, its lines, their parts. */
const maxCopyDepth = 4;

/**
 * New records like old ones, in as many statements for many as for one: readable fields without `copy: false`; many2many as links; one2many copied
 * with it only where they say `copy: true`. Values that callers may not write start anew.
 *
 * @param changes - values that each copy gets instead.
 * @returns ids in the order of the old ones.
 */
export async function copy(
  context: Context,
  model: Model,
  { ids, changes }: { readonly ids: readonly number[]; readonly changes: Readonly<Record<string, unknown>> },
): Promise<number[]> {
  const values = await copiedValues(context, model, { ids, depth: 0, without: "" });
  return create(
    context,
    model,
    values.map((one) => ({ ...one, ...changes })),
  );
}

interface Copied {
  readonly ids: readonly number[];
  readonly depth: number;
  /** The way back to the owner: set by its new owner. */
  readonly without: string;
}

async function copiedValues(
  context: Context,
  model: Model,
  { ids, depth, without }: Copied,
): Promise<Record<string, unknown>[]> {
  const { fields: readable } = granted(context, model, "read");
  const { fields: creatable } = granted(context, model, "create");
  const fields = Object.entries(model.fields).filter(
    ([name, field]) =>
      name !== without && isCopied(context, field) && readable.has(name) && creatable.has(name),
  );
  const records = await read(context, model, { ids, fields: fields.map(([name]) => name) });
  const values = records.map((record) =>
    Object.fromEntries(fields.map(([name, field]) => [name, plainCopy(field, record[name])])),
  );
  await copyTranslations(context, model, { ids, values, names: translatedOf(fields) });
  for (const [name, field] of fields)
    if (field.kind === "one2many" && depth < maxCopyDepth)
      await copyLines(context, field, { name, records, values, depth });
  return values;
}

function translatedOf(fields: readonly (readonly [string, Field])[]): string[] {
  return fields.filter(([, field]) => field.translated).map(([name]) => name);
}

/** A copy has every language; of values kept for each company it has that of the company that copies. */
async function copyTranslations(
  context: Context,
  model: Model,
  {
    ids,
    values,
    names,
  }: {
    readonly ids: readonly number[];
    readonly values: Record<string, unknown>[];
    readonly names: readonly string[];
  },
): Promise<void> {
  if (names.length === 0) return;
  const rows = await readTranslations(context, model, { ids, fields: names });
  const textsOf = new Map(rows.map(({ id, texts }) => [id, texts]));
  for (const [i, id] of ids.entries())
    for (const name of names)
      (values[i] as Record<string, unknown>)[name] = new Translations(textsOf.get(id)?.[name] ?? {});
}

function isCopied(context: Context, field: Field): boolean {
  if (field.kind === "one2many") return field.copy === true;
  return (
    field.copy !== false &&
    !isDerived(field) &&
    !field.unique &&
    (!field.readonly || context.actor.kind === "system")
  );
}

function plainCopy(field: Field, value: unknown): unknown {
  if (field.kind === "many2one") return (value as { readonly id: number } | null)?.id ?? null;
  if (field.kind === "reference") return value;
  if (field.kind === "many2many") return [[6, 0, value]];
  return field.kind === "one2many" ? [] : value;
}

interface Owners {
  readonly name: string;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly values: Record<string, unknown>[];
  readonly depth: number;
}

async function copyLines(
  context: Context,
  field: Field,
  { name, records, values, depth }: Owners,
): Promise<void> {
  const target = context.registry.model(field.target ?? "");
  const ids = records.flatMap((record) => record[name] as readonly number[]);
  const lines = await copiedValues(context, target, { ids, depth: depth + 1, without: field.inverse ?? "" });
  const byId = new Map(ids.map((id, i) => [id, lines[i]]));
  records.forEach((record, i) => {
    const own = (record[name] as readonly number[]).map((id) => [0, 0, byId.get(id)]);
    (values[i] as Record<string, unknown>)[name] = own;
  });
}
