import { formatMoment, type Locale } from "../format/value.ts";
import { allOf } from "../search/domain.ts";
import type { Domain, FieldDescription, FieldDescriptions } from "../wire/shapes.ts";
import { decodeValue, isReference, type Value } from "../wire/values.ts";

/** One group of a grouped list: folded until opened. */
export interface RowGroup {
  /** Unique among its siblings. */
  readonly key: string;
  readonly label: string;
  readonly count: number;
  /** What the server summed, by field; `sumText` writes it. */
  readonly sums: Readonly<Record<string, unknown>>;
  /** Everything its rows meet, the search included. */
  readonly domain: Domain;
}

/** Reads the answer of `read_group` for one level. `groupBy` may carry a period: `date_order:month`. */
export function readGroups(
  wire: readonly Readonly<Record<string, unknown>>[],
  options: {
    readonly groupBy: string;
    readonly fields: FieldDescriptions;
    readonly sums: readonly string[];
    readonly domain: Domain;
    readonly locale: Locale;
  },
): RowGroup[] {
  const [name = "", period] = options.groupBy.split(":");
  const field = options.fields[name];
  if (!field) return [];
  return wire.map((group) => {
    const raw = group[options.groupBy] ?? group[name];
    const value =
      period || field.type === "date" || field.type === "datetime" ? textOf(raw) : decodeValue(field, raw);
    return {
      key: JSON.stringify(raw ?? false),
      label: groupLabel(field, value, options.locale),
      count: Number(group["__count"] ?? group[`${name}_count`] ?? 0),
      sums: Object.fromEntries(
        options.sums.map((sum) => sum.split(":", 1)[0] as string).map((sum) => [sum, group[sum]]),
      ),
      domain: groupDomain(field, value, group["__domain"], options.domain),
    };
  });
}

/** What a group is called; "None" for records without the value. */
export function groupLabel(field: FieldDescription, value: Value, locale: Locale): string {
  if (value === null || value === "") return "None";
  if (isReference(value)) return value.name || `#${value.id}`;
  if (typeof value === "boolean") return value ? `${field.string}: yes` : `${field.string}: no`;
  if (field.type === "selection")
    return field.selection?.find(([key]) => key === value)?.[1] ?? String(value);
  if (field.type === "datetime" && /T.*Z$/.test(String(value))) return formatMoment(String(value), locale);
  return String(value);
}

function groupDomain(field: FieldDescription, value: Value, own: unknown, search: Domain): Domain {
  if (Array.isArray(own)) return own as Domain;
  const exact = isReference(value) ? value.id : (value ?? false);
  return allOf([search, [[field.name, "=", exact]]]);
}

function textOf(raw: unknown): string | null {
  if (Array.isArray(raw)) return String(raw[1] ?? raw[0] ?? "");
  return raw === false || raw === null || raw === undefined ? null : String(raw);
}
