import { ExpectedError } from "@holdfast/kernel/errors";
import { literal, type Sql, sql } from "../../sql/sql.ts";
import { maxRows } from "../environment.ts";
import type { Context } from "./context.ts";

/** Code in a system scope computes over whole collections. */
const maxSystemRows = 100 * maxRows;
/** Pages beyond this are reached by narrowing the search, not by counting. */
const maxOffset = 10_000_000;

/** LIMIT and OFFSET of a list. */
export interface Page {
  readonly clause: Sql;
  /** @throws `too_large` when all were asked for and there are more than one call gives. */
  refuseMore(found: number): void;
}

/** Without a limit one row more than allowed is asked for: an answer is never cut off in silence. */
export function page(
  context: Context,
  { limit, offset = 0 }: { readonly limit?: number; readonly offset?: number },
): Page {
  const most = mostRows(context);
  const rows = limit === undefined ? literal(most + 1) : wholeLimit(limit, most);
  const skipped = wholeLimit(offset, maxOffset);
  return {
    clause: offset === 0 ? sql` LIMIT ${rows}` : sql` LIMIT ${rows} OFFSET ${skipped}`,
    refuseMore(found) {
      if (found > most) throw tooMany(`More than ${most} records match`);
    },
  };
}

/** A limit as a literal: as a parameter it would be planned for any number. */
export function wholeLimit(value: number, most: number): Sql {
  if (Number.isInteger(value) && value >= 0 && value <= most) return literal(value);
  throw new ExpectedError(
    "invalid",
    `${String(value).slice(0, 32)} is not a number of rows: whole, from 0 to ${most}.`,
  );
}

/** @throws `too_large` when more records are named than one call reads or changes. */
export function refuseTooMany(context: Context, named: { readonly length: number }): void {
  if (named.length > mostRows(context)) throw tooMany(`${named.length} records are named`);
}

function mostRows(context: Context): number {
  return context.actor.kind === "system" ? maxSystemRows : maxRows;
}

function tooMany(found: string): ExpectedError {
  return new ExpectedError("too_large", `${found}: a call takes at most ${maxRows}.`, {
    hint: "Give a limit, narrow the search, or call several times.",
  });
}
