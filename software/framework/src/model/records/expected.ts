import { ExpectedError } from "@holdfast/kernel/errors";
import { columnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { isStored } from "../storage.ts";
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
  const changed = new Set<string>();
  for (const record of await read(context, model, { ids, fields }))
    for (const name of fields) {
      const field = knownField(context, model, name, access.fields);
      if (!isStored(field))
        throw new ExpectedError("invalid", `"${field.label}" cannot be compared: it is a collection.`);
      const place = { model, name, field };
      const found = String(columnValue(place, idOf(record[name])) ?? "not set");
      const wanted = String(columnValue(place, idOf(expected[name])) ?? "not set");
      if (found !== wanted) changed.add(`"${field.label}" is now ${shown(found)}, you saw ${shown(wanted)}`);
    }
  if (changed.size === 0) return;
  throw new ExpectedError(
    "conflict",
    `"${model.label}" has been changed meanwhile: ${[...changed].join("; ")}.`,
    {
      hint: "Reload the record and make your change again.",
    },
  );
}

/** Reads give references; callers may send back either form. */
function idOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "displayName" in value && "id" in value
    ? value.id
    : value;
}

const maxShown = 80;

function shown(text: string): string {
  return `"${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text}"`;
}
