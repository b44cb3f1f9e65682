import type { Model } from "../model/model.ts";
import { maxRows } from "../model/environment.ts";
import type { StandardCall } from "./standard-methods.ts";
import { visibleFields } from "./visible-fields.ts";

type Values = Record<string, unknown>;

/** `copy`: each record again, with its lines; fields that say `copy: false` start anew. */
export async function copyRecords(
  { env, model, ids, single }: StandardCall,
  input: { readonly default?: Values | null | false | undefined },
): Promise<unknown> {
  if (ids.length === 0) return [];
  const sources = await valuesOf(env, model, ids);
  const values = sources.map((source) => ({ ...source, ...(input.default || {}) }));
  const copies = await env.of(model).create(values);
  return single ? copies[0] : copies;
}

async function valuesOf(env: StandardCall["env"], model: Model, ids: readonly number[]): Promise<Values[]> {
  const fields = copiedFields(env, model);
  const rows = (await env.of(model).read(ids, fields as never[])) as unknown as Values[];
  const out = rows.map((row) => flat(env, model, row));
  for (const name of ownedLines(env, model)) await addLines(env, { model, name, rows, out });
  return out;
}

function copiedFields(env: StandardCall["env"], model: Model): string[] {
  const visible = visibleFields(env, model);
  const unique = (name: string) => model.fields[name]?.unique ?? false;
  return Object.entries(model.fields).flatMap(([name, field]) =>
    visible.has(name) && field.copy !== false && !field.readonly && !unique(name) && field.kind !== "one2many"
      ? [name]
      : [],
  );
}

/** Lines live and die with their record; other one2many records are not ours to copy. */
function ownedLines(env: StandardCall["env"], model: Model): string[] {
  const visible = visibleFields(env, model);
  return Object.entries(model.fields).flatMap(([name, field]) => {
    if (field.kind !== "one2many" || field.copy === false || !visible.has(name)) return [];
    const inverse = env.registry.model(field.target ?? "").fields[field.inverse ?? ""];
    return inverse?.onDelete === "cascade" && inverse.required ? [name] : [];
  });
}

async function addLines(
  env: StandardCall["env"],
  at: {
    readonly model: Model;
    readonly name: string;
    readonly rows: readonly Values[];
    readonly out: Values[];
  },
): Promise<void> {
  const field = at.model.fields[at.name];
  const lineModel = env.registry.model(field?.target ?? "");
  const inverse = field?.inverse ?? "";
  const owners = at.rows.map((row) => row["id"]);
  const lineIds = await env.of(lineModel).search([[inverse, "in", owners]], { limit: maxRows });
  if (lineIds.length === 0) return;
  const fields = [...copiedFields(env, lineModel), inverse];
  const lines = (await env.of(lineModel).read(lineIds, fields as never[])) as unknown as Values[];
  for (const [i, row] of at.rows.entries()) {
    const own = lines.filter((line) => (line[inverse] as { id: number }).id === row["id"]);
    const values = own.map((line) => [0, 0, without(flat(env, lineModel, line), inverse)]);
    (at.out[i] as Values)[at.name] = values;
  }
}

/** What reading gave, as writing takes it. */
function flat(env: StandardCall["env"], model: Model, row: Values): Values {
  const out: Values = {};
  for (const [name, value] of Object.entries(row)) {
    if (name === "id") continue;
    const kind = env.registry.field(model, name)?.kind;
    if (kind === "many2one") out[name] = (value as { id: number } | null)?.id ?? null;
    else out[name] = kind === "many2many" ? [[6, 0, value]] : value;
  }
  return out;
}

function without(values: Values, name: string): Values {
  const { [name]: _left, ...rest } = values;
  return rest;
}
