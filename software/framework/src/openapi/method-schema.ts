import { z } from "zod";
import type { Schema } from "./field-schema.ts";

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const strings: Schema = { type: "array", items: { type: "string" } };

/** Parameters that mean the same in every method, by name; the rest as their own schema says. */
function known(model: string): Readonly<Record<string, Schema>> {
  return {
    domain: ref("Domain"),
    args: ref("Domain"),
    fields: strings,
    vals: ref(`${model}.values`),
    values: ref(`${model}.values`),
    default: ref(`${model}.values`),
    vals_list: { anyOf: [ref(`${model}.values`), { type: "array", items: ref(`${model}.values`) }] },
    ids: ref("Ids"),
    groupby: strings,
    aggregates: strings,
    allfields: strings,
    attributes: strings,
  };
}

/** The body of a call: named arguments, ids for methods on records, and the context. */
export function inputSchema(model: string, on: "records" | "model", input: z.ZodType): Schema {
  const shape = input instanceof z.ZodObject ? (input.shape as Record<string, z.ZodType>) : {};
  const same = known(model);
  const properties: Record<string, Schema> = on === "records" ? { ids: ref("Ids") } : {};
  const required = on === "records" ? ["ids"] : [];
  for (const [name, one] of Object.entries(shape)) {
    properties[name] = same[name] ?? plain(one);
    if (!one.safeParse(undefined).success) required.push(name);
  }
  return {
    type: "object",
    properties: { ...properties, context: ref("Context") },
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
    additionalProperties: false,
  };
}

/** What a method answers, as far as its name says. */
export function resultSchema(model: string, method: string): Schema {
  const rows = { type: "array", items: ref(model) };
  const results: Readonly<Record<string, Schema>> = {
    search: { anyOf: [ref("Ids"), { type: "integer" }] },
    search_count: { type: "integer" },
    search_read: rows,
    read: rows,
    web_read: { type: "array", items: { type: "object" } },
    web_search_read: {
      type: "object",
      properties: { length: { type: "integer" }, records: { type: "array", items: { type: "object" } } },
    },
    create: { anyOf: [{ type: "integer" }, ref("Ids")] },
    copy: { anyOf: [{ type: "integer" }, ref("Ids")] },
    write: { const: true },
    unlink: { const: true },
    trash_read: {
      type: "object",
      properties: {
        records: { type: "array", items: { type: "object" } },
        next: { anyOf: [{ type: "integer" }, { const: false }] },
      },
    },
    trash_restore: { type: "object", properties: { left_out: strings } },
    trash_delete: { const: true },
    exists: ref("Ids"),
    has_access: { type: "boolean" },
    check_access_rights: { type: "boolean" },
  };
  return results[method] ?? {};
}

function plain(schema: z.ZodType): Schema {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
  return rest;
}
