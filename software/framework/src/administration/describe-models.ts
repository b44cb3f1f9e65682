import { accessVersionId, accessVersionModel } from "../identity/access-version-model.ts";
import type { Environment } from "../model/environment.ts";
import type { Model, Values } from "../model/model.ts";
import { describeFields } from "../remote/field-description.ts";
import { modelFieldsModel, modelsModel } from "./models.ts";

/**
 * Writes down which models and fields this version has, and the state of access. Adds what is new, changes what
 * differs, removes what is gone; safe to run twice. For the base data, in a system scope.
 */
export async function describeModels(env: Environment): Promise<void> {
  if ((await env.of(accessVersionModel).exists([accessVersionId])).length === 0)
    await env.of(accessVersionModel).create([{}]);
  const models = [...env.registry.models.values()];
  await bring(
    env,
    modelsModel,
    "model",
    models.map(({ name, label }) => ({ name: label, model: name })),
  );
  const rows = await env.of(modelsModel).searchRead([], ["model"], { activeOnly: false });
  const ids = new Map(rows.map((row) => [row.model, row.id]));
  await bring(
    env,
    modelFieldsModel,
    "complete_name",
    models.flatMap((model) => fieldsOf(env, model, ids.get(model.name) ?? 0)),
  );
}

function fieldsOf(env: Environment, model: Model, model_id: number): Values<typeof modelFieldsModel>[] {
  const all = new Set([...Object.keys(model.fields), "id", "display_name", ...stamps]);
  return Object.values(describeFields(env.registry, model, all)).map((field) => ({
    name: field.name,
    field_description: field.string,
    help: field.help === false ? null : field.help,
    model: model.name,
    model_id,
    complete_name: `${model.name}.${field.name}`,
    ttype: field.type,
    relation: field.relation ?? null,
    relation_field: field.relation_field ?? null,
    required: field.required,
    readonly: field.readonly,
    store: field.store,
    index: model.fields[field.name]?.index === true,
  }));
}

const stamps = ["create_uid", "create_date", "write_uid", "write_date"];

/** Compares with what is there by its key; one statement for each kind of difference. */
async function bring<M extends Model>(
  env: Environment,
  model: M,
  key: string,
  wanted: readonly Values<M>[],
): Promise<void> {
  const names = Object.keys(wanted[0] ?? {});
  const records = env.of(model as Model);
  const there = (await records.searchRead([], names as never[])) as readonly Plain[];
  const known = new Map(there.map((row) => [row[key], row]));
  const plain = wanted as readonly Plain[];
  const kept = new Set(plain.map((row) => row[key]));
  const gone = there.filter((row) => !kept.has(row[key])).map((row) => row["id"] as number);
  if (gone.length > 0) await records.unlink(gone);
  const fresh = plain.filter((row) => !known.has(row[key]));
  if (fresh.length > 0) await records.create(fresh as never[]);
  const changed = plain.flatMap((row) => {
    const old = known.get(row[key]);
    const same = old === undefined || names.every((name) => bare(old[name]) === bare(row[name]));
    return same ? [] : [{ id: old["id"] as number, values: row }];
  });
  await records.writeEach(changed as never);
}

type Plain = Readonly<Record<string, unknown>>;

function bare(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "id" in value) return value.id;
  return value === "" ? null : value;
}
