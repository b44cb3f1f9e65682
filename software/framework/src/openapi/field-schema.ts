import type { Field } from "../model/field.ts";

/** A piece of JSON Schema, draft 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

const unset: Schema = { const: false };
const integer: Schema = { type: "integer" };
const day = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" };
const moment = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}$" };
const reference: Schema = {
  type: "array",
  prefixItems: [{ type: "integer" }, { type: "string" }],
  minItems: 2,
  maxItems: 2,
};

/** What reading a field gives: its value, or `false` where nothing is set. */
export function readSchema(field: Field): Schema {
  const description = severalValues(field);
  return description === undefined ? readValue(field) : { ...readValue(field), description };
}

/** What the one value stands for, of a field that has several. */
function severalValues({ translated, perCompany }: Field): string | undefined {
  if (translated) return "In the language of the caller or of context.lang, else in English.";
  return perCompany
    ? "Of the caller's first company, or the first of context.allowed_company_ids."
    : undefined;
}

function readValue(field: Field): Schema {
  if (field.kind === "boolean") return { type: "boolean" };
  if (field.kind === "one2many" || field.kind === "many2many") return { type: "array", items: integer };
  if (field.kind === "json") return {};
  const value = field.kind === "many2one" ? reference : scalar(field);
  return field.required ? value : { anyOf: [value, unset] };
}

/** What writing a field takes; `false` unsets. */
export function writeSchema(field: Field): Schema {
  if (field.kind === "boolean") return { type: "boolean" };
  if (field.kind === "one2many" || field.kind === "many2many")
    return { $ref: "#/components/schemas/Commands" };
  if (field.kind === "json") return {};
  const exact = field.kind === "decimal" || field.kind === "money";
  const value = field.kind === "many2one" ? integer : exact ? { type: ["number", "string"] } : scalar(field);
  return field.required ? value : { anyOf: [value, unset, { type: "null" }] };
}

function scalar(field: Field): Schema {
  switch (field.kind) {
    case "integer":
      return { type: "integer", minimum: -2_147_483_647, maximum: 2_147_483_647 };
    case "decimal":
    case "money":
      return { type: "number" };
    case "reference":
      return { type: "string", pattern: "^[a-z][a-z0-9_.]*,[1-9][0-9]*$" };
    case "date":
      return day;
    case "datetime":
      return moment;
    case "selection":
      return { enum: (field.options ?? []).map(([value]) => value) };
    default:
      return { type: "string", ...(field.maxLength === undefined ? {} : { maxLength: field.maxLength }) };
  }
}
