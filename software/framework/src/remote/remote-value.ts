import type { Field, RecordReference, Reference } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";

/** How relations are written: `[id, name]`, or the bare id for callers that ask so (`load: ""`). */
export type ReferenceStyle = "named" | "bare";

type RowValues = Readonly<Record<string, unknown>>;

/**
 * A row as the remote API writes it: unset is `false`, a many2one `[id, name]`, dates are text, numbers are
 * numbers: what clients of the established API rely on.
 */
export function remoteRow(
  registry: Registry,
  model: Model,
  row: RowValues,
  style: ReferenceStyle = "named",
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row))
    out[name] = remoteValue(registry.field(model, name), value, style);
  return out;
}

/** A number that is a fraction by its nature, also where it is whole: XML-RPC tells 100.0 from 100. */
export class RemoteDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }
}

/**
 * One value. Decimals become numbers, as the established API has them: up to 15 digits nothing is lost; whoever
 * needs more reads them as text through `export_data`.
 */
export function remoteValue(
  field: Pick<Field, "kind"> | undefined,
  value: unknown,
  style: ReferenceStyle = "named",
): unknown {
  if (value === null || value === undefined) return false;
  switch (field?.kind) {
    case "decimal":
    case "money":
      return new RemoteDouble(Number(value));
    case "many2one":
      return style === "bare" ? (value as Reference).id : referencePair(value as Reference);
    case "reference":
      return `${(value as RecordReference).model},${(value as RecordReference).id}`;
    case "date":
      return (value as Temporal.PlainDate).toString();
    case "datetime":
      return remoteMoment(value as Temporal.Instant);
    default:
      return value;
  }
}

/** `YYYY-MM-DD HH:MM:SS`, UTC, without fractions. */
export function remoteMoment(moment: Temporal.Instant): string {
  return moment
    .round({ smallestUnit: "second", roundingMode: "floor" })
    .toString()
    .slice(0, 19)
    .replace("T", " ");
}

function referencePair(reference: Reference): readonly [number, string] {
  return [reference.id, reference.displayName ?? ""];
}
