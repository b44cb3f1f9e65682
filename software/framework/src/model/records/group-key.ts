import { ExpectedError } from "@holdfast/kernel/errors";
import { literal, type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import { knownZone } from "../known-zone.ts";
import type { Model } from "../model.ts";
import { didYouMean } from "../nearest.ts";
import type { Context } from "./context.ts";
import { readValue } from "./derived.ts";
import { relatedName } from "./order.ts";
import { recordOf, shownName } from "./shown-reference.ts";
import { knownField } from "./unknown-field.ts";
import { column, type Place } from "./where.ts";

/** One field that is grouped by. */
export interface GroupKey {
  /** As it was asked for: `"date_order:month"`. */
  readonly spec: string;
  /** The value; for a many2one also the name, by which it sorts. */
  readonly columns: readonly Sql[];
  /** All columns are grouped by, and not the first alone: PostgreSQL cannot tell that the name hangs on the value. */
  readonly whole?: true;
  read(tuple: readonly unknown[], at: number): unknown;
  /** What finds the records of the group. */
  domain(tuple: readonly unknown[], at: number): readonly (readonly [string, string, unknown])[];
}

const steps = ["day", "week", "month", "quarter", "year"] as const;
type Step = (typeof steps)[number];
const groupable = new Set<Field["kind"]>([
  "text",
  "integer",
  "boolean",
  "selection",
  "many2one",
  "reference",
  "date",
  "datetime",
]);

/**
 * Reads `"field"` or `"field:month"`. A date gives the first day of its bucket, by the month when no step is
 * named; moments are put into days of the actor's own time zone.
 */
export function groupKey(
  context: Context,
  model: Model,
  spec: string,
  place: Place & { readonly fields: ReadonlySet<string> },
): GroupKey {
  const [name = "", step, ...rest] = spec.split(":");
  const field = knownField(context, model, name, place.fields);
  const dated = field.kind === "date" || field.kind === "datetime";
  if (
    !groupable.has(field.kind) ||
    field.computed !== undefined ||
    rest.length > 0 ||
    (step !== undefined && !dated)
  )
    throw new ExpectedError("invalid", `"${model.label}" cannot be grouped by "${spec.slice(0, 64)}".`);
  if (dated)
    return bucketKey({
      spec,
      name,
      field,
      own: readValue(context, model, { name, field, place }),
      step: stepOf(step ?? "month"),
      place,
      timeZone: knownZone(context.actor.timeZone),
    });
  const own = readValue(context, model, { name, field, place });
  if (field.kind === "reference") return recordKey(context, { spec, name, field, place });
  if (field.kind === "many2one")
    return {
      ...referenceKey(spec, name, [own, relatedName(context, field, own, place) ?? sql`NULL::text`]),
      ...(field.related !== undefined && { whole: true }),
    };
  return {
    spec,
    columns: [field.kind === "text" ? sql`${own} COLLATE "und-x-icu"` : own],
    read: (tuple, at) => tuple[at],
    domain: (tuple, at) => [[name, "=", tuple[at] ?? false]],
  };
}

function referenceKey(spec: string, name: string, columns: readonly Sql[]): GroupKey {
  return {
    spec,
    columns,
    read: (tuple, at) => (tuple[at] === null ? null : { id: tuple[at], displayName: tuple[at + 1] ?? "" }),
    domain: (tuple, at) => [[name, "=", tuple[at] ?? false]],
  };
}

function recordKey(
  context: Context,
  {
    spec,
    name,
    field,
    place,
  }: { readonly spec: string; readonly name: string; readonly field: Field; readonly place: Place },
): GroupKey {
  const own = column(place.alias, name);
  const shown = shownName(context, field, own, place);
  return {
    spec,
    columns: [sql`CASE WHEN ${shown} IS NOT NULL THEN ${own} END`, shown],
    whole: true,
    read: (tuple, at) => recordOf(field, tuple[at], tuple[at + 1]),
    domain: (tuple, at) => [[name, "=", tuple[at] ?? false]],
  };
}

interface Bucket {
  readonly spec: string;
  readonly name: string;
  readonly field: Field;
  readonly own: Sql;
  readonly step: Step;
  readonly place: Place;
  readonly timeZone: string;
}

function bucketKey({ spec, name, field, own, step, timeZone }: Bucket): GroupKey {
  const local = field.kind === "datetime" ? sql`${own} AT TIME ZONE ${timeZone}` : sql`${own}::timestamp`;
  return {
    spec,
    columns: [sql`date_trunc(${literal(step)}, ${local})::date`],
    read: (tuple, at) => tuple[at],
    domain(tuple, at) {
      const start = tuple[at] as Temporal.PlainDate | null;
      if (start === null) return [[name, "=", false]];
      const bound = (day: Temporal.PlainDate) =>
        field.kind === "date" ? day.toString() : moment(day, timeZone);
      return [
        [name, ">=", bound(start)],
        [name, "<", bound(start.add(lengths[step]))],
      ];
    },
  };
}

const lengths: Readonly<Record<Step, Temporal.DurationLike>> = {
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
};

/** Midnight of a day, there, as the remote API writes moments: UTC. */
function moment(day: Temporal.PlainDate, timeZone: string): string {
  return day
    .toZonedDateTime(timeZone)
    .toInstant()
    .toString({ smallestUnit: "second" })
    .replace("T", " ")
    .replace("Z", "");
}

function stepOf(text: string): Step {
  const found = steps.find((step) => step === text);
  if (found !== undefined) return found;
  throw new ExpectedError(
    "invalid",
    `Dates cannot be grouped by "${text.slice(0, 32)}"${didYouMean(text, steps)}.`,
  );
}
