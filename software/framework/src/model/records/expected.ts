import { type ChangedValue, ExpectedError } from "@holdfast/kernel/errors";
import { Decimal } from "../decimal.ts";
import type { Field } from "../field.ts";
import { type ColumnValue, columnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { isDerived, isStored } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { read } from "./read.ts";
import { knownField } from "./unknown-field.ts";

/**
 * Compares the records with the values that the caller had read.
 *
 * @throws `conflict` that names each field that changed since, with both values. Later changes by others
 *   are noticed by the transaction's isolation, which runs it again.
 */
export async function refuseChangedSince(
  context: Context,
  model: Model,
  ids: readonly number[],
  expected: Readonly<Record<string, unknown>>,
): Promise<void> {
  const access = granted(context, model, "read");
  const fields = Object.keys(expected);
  const changed: ChangedValue[] = [];
  const sentences = new Set<string>();
  for (const record of await read(context, model, { ids, fields }))
    for (const name of fields) {
      const field = knownField(context, model, name, access.fields);
      if (!isStored(field))
        throw new ExpectedError(
          "invalid",
          `"${field.label}" cannot be compared: it is ${isDerived(field) ? "not stored" : "a collection"}.`,
        );
      const place = { model, name, field };
      const now = columnValue(place, idOf(record[name]));
      const seen = columnValue(place, idOf(expected[name]));
      if (same(now, seen, field)) continue;
      changed.push({ id: record["id"] as number, field: name, now, seen });
      sentences.add(`"${field.label}" is now ${shown(now)}, you saw ${shown(seen)}`);
    }
  if (changed.length === 0) return;
  throw new ExpectedError(
    "conflict",
    `"${model.label}" has been changed meanwhile: ${[...sentences].slice(0, maxSentences).join("; ")}.`,
    {
      hint: "Reload the record and make your change again.",
      about: {
        model: model.name,
        fields: [...new Set(changed.map((one) => one.field))],
        changed: changed.slice(0, maxChanged),
      },
    },
  );
}

/** The API writes moments to the second: one that came back so is compared so. */
function same(now: ColumnValue, seen: ColumnValue, { kind }: Field): boolean {
  if ((kind === "decimal" || kind === "money") && typeof now === "string" && typeof seen === "string")
    return Decimal.of(now).compare(Decimal.of(seen)) === 0;
  const toSecond = kind === "datetime" && typeof seen === "string" && !/\.\d/.test(seen);
  const found = toSecond ? String(now ?? "").replace(/\.\d+/, "") : String(now ?? "");
  return found === String(seen ?? "");
}

/** Reads give references; callers may send back either form. */
function idOf(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "model" in value) return value;
  return typeof value === "object" && value !== null && "displayName" in value && "id" in value
    ? value.id
    : value;
}

const maxShown = 80;
const maxSentences = 10;
/** Most values that one refusal lists. */
const maxChanged = 200;

function shown(value: ColumnValue): string {
  if (value === null) return '"not set"';
  const text = String(value);
  return `"${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text}"`;
}
