/** Values between the wire (unset is `false`, a reference is `[id, name]`) and the screens (unset is null). */
import type { FieldDescription, FieldDescriptions } from "./shapes.ts";

/** A related record by id and name. */
export interface Reference {
  readonly id: number;
  readonly name: string;
}

/** Exact numbers stay text, days `YYYY-MM-DD`, moments ISO 8601 with `Z`. */
export type Value = string | number | boolean | null | Reference | readonly number[];
export type Values = Readonly<Record<string, Value>>;
export type Row = Values & { readonly id: number };

/** Reads one row of `search_read`, `read` or `web_read`. Fields without a description are dropped. */
export function decodeRow(fields: FieldDescriptions, wire: Readonly<Record<string, unknown>>): Row {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(wire)) {
    const field = fields[name];
    if (field) values[name] = decodeValue(field, value);
  }
  return { ...values, id: Number(wire["id"]) };
}

/** Reads one value. What does not fit the type is "not set" rather than shown raw. */
export function decodeValue(field: FieldDescription, wire: unknown): Value {
  if (field.type === "boolean") return wire === true;
  if (field.type === "one2many" || field.type === "many2many")
    return Array.isArray(wire) ? wire.map(idOf) : [];
  if (wire === false || wire === null || wire === undefined) return null;
  switch (field.type) {
    case "many2one":
      return decodeReference(wire);
    case "integer":
      return Number(wire);
    case "datetime":
      return `${String(wire)
        .replace(" ", "T")
        .replace(/(\.\d+)?Z?$/, "")}Z`;
    case "json":
      return JSON.stringify(wire);
    default:
      return String(wire);
  }
}

/** Writes one value as `create`, `write` and domains take it. */
export function encodeValue(field: FieldDescription, value: Value): unknown {
  if (value === null || value === "") return false;
  if (isReference(value)) return value.id;
  if (field.type === "datetime" && typeof value === "string") return value.slice(0, 19).replace("T", " ");
  if (field.type === "json" && typeof value === "string") return JSON.parse(value);
  if (field.type === "many2many" && Array.isArray(value)) return [[6, 0, value]];
  return value;
}

/** Tells a related record from all other values. */
export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "id" in value;
}

/** Same content: two references with one id are equal, whatever their names. */
export function sameValue(left: Value | undefined, right: Value | undefined): boolean {
  const a = left ?? null;
  const b = right ?? null;
  if (isReference(a) || isReference(b)) return isReference(a) && isReference(b) && a.id === b.id;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((id) => b.includes(id));
  return a === b || (a === "" && b === null) || (a === null && b === "");
}

function decodeReference(wire: unknown): Reference | null {
  if (Array.isArray(wire)) return { id: Number(wire[0]), name: typeof wire[1] === "string" ? wire[1] : "" };
  if (typeof wire === "object" && wire !== null && "id" in wire) {
    const name = "display_name" in wire ? wire.display_name : "";
    return { id: Number(wire.id), name: typeof name === "string" ? name : "" };
  }
  return typeof wire === "number" ? { id: wire, name: "" } : null;
}

function idOf(entry: unknown): number {
  if (typeof entry === "object" && entry !== null && "id" in entry) return Number(entry.id);
  return Number(Array.isArray(entry) ? entry[0] : entry);
}
