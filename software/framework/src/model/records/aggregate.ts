import { ExpectedError } from "@holdfast/kernel/errors";
import { type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { readValue } from "./derived.ts";
import { knownField } from "./unknown-field.ts";
import type { Place } from "./where.ts";

/** One aggregated field. */
export interface Aggregate {
  /** As it was asked for: `"amount_total:sum"`. */
  readonly spec: string;
  readonly column: Sql;
}

type Kinds = ReadonlySet<Field["kind"]>;

const numbers: Kinds = new Set(["integer", "decimal", "money"]);
const ordered: Kinds = new Set(["integer", "decimal", "money", "date", "datetime"]);
const countable: Kinds = new Set([...ordered, "text", "boolean", "selection", "many2one"]);

const functions: Readonly<Record<string, { readonly on: Kinds; write(own: Sql): Sql }>> = {
  sum: { on: numbers, write: (own) => sql`sum(${own})` },
  avg: { on: numbers, write: (own) => sql`avg(${own})` },
  min: { on: ordered, write: (own) => sql`min(${own})` },
  max: { on: ordered, write: (own) => sql`max(${own})` },
  count: { on: countable, write: (own) => sql`count(${own})` },
  count_distinct: { on: countable, write: (own) => sql`count(DISTINCT ${own})` },
};

/** Reads `"field"` or `"field:function"`. Exact numbers come out as text. @throws `invalid`. */
export function aggregateOf(
  context: Context,
  model: Model,
  spec: string,
  place: Place & { readonly fields: ReadonlySet<string> },
): Aggregate {
  const [name = "", called = "sum", ...rest] = spec.split(":");
  const field = knownField(context, model, name, place.fields);
  const found = Object.hasOwn(functions, called) ? functions[called] : undefined;
  if (found === undefined || rest.length > 0 || field.computed !== undefined || !found.on.has(field.kind))
    throw new ExpectedError("invalid", `"${model.label}" cannot be aggregated by "${spec.slice(0, 64)}".`, {
      hint: `Write a field and one of ${Object.keys(functions).join(", ")}: "amount_total:sum".`,
    });
  return { spec, column: found.write(readValue(context, model, { name, field, place })) };
}
