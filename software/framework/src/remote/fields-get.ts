import { defaultContext } from "../model/default-context.ts";
import { describeFields, type FieldDescription } from "./field-description.ts";
import { remoteValue } from "./remote-value.ts";
import type { StandardCall } from "./standard-method.ts";
import { visibleFields } from "./visible-fields.ts";

/** `fields_get`: the fields that the caller may see, with all or the named attributes. */
export async function fieldsOf(
  { env, model }: StandardCall,
  input: { readonly allfields?: string[] | undefined; readonly attributes?: string[] | undefined },
): Promise<Record<string, unknown>> {
  const described = describeFields(env.registry, model, visibleFields(env, model));
  const wanted = input.allfields?.length ? new Set(input.allfields) : undefined;
  const entries = Object.entries(described).filter(([name]) => wanted?.has(name) ?? true);
  return Object.fromEntries(entries.map(([name, field]) => [name, attributesOf(field, input.attributes)]));
}

/** `default_get`: what a new record starts with, for the named fields or all. */
export async function fieldDefaults(
  { env, model }: StandardCall,
  input: { readonly fields?: string[] | undefined },
): Promise<Record<string, unknown>> {
  const visible = visibleFields(env, model);
  const wanted = input.fields?.length ? input.fields : Object.keys(model.fields);
  const moment = defaultContext(env);
  const out: Record<string, unknown> = {};
  for (const name of wanted) {
    const field = visible.has(name) ? env.registry.field(model, name) : undefined;
    if (field?.default === undefined || field.secret) continue;
    const value = typeof field.default === "function" ? field.default(moment) : field.default;
    out[name] = field.kind === "many2one" ? (value ?? false) : remoteValue(field, value);
  }
  return out;
}

function attributesOf(field: FieldDescription, wanted: string[] | undefined): Record<string, unknown> {
  if (!wanted?.length) return { ...field };
  return Object.fromEntries(Object.entries(field).filter(([name]) => wanted.includes(name)));
}
