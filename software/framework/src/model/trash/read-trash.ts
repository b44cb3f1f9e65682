import { ExpectedError } from "@holdfast/kernel/errors";
import { literal, sql } from "../../sql/sql.ts";
import type { Domain, TextRows } from "../environment.ts";
import type { Model } from "../model.ts";
import { type Context, granted, isId } from "../records/context.ts";
import { searchTexts } from "../records/read.ts";
import { asIfRestored, findEntries, type TrashEntry } from "./as-if.ts";
import { reachableIds } from "./restore.ts";

/** Most records that one look into the trash shows, and most entries that it goes through for them. */
export const maxTrashPage = 200;
const maxScanned = 2_000;

/** What to look for in the trash. */
export interface TrashSearch {
  /** Of the records as they were. */
  readonly domain?: Domain;
  readonly fields?: readonly string[];
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: number;
}

/** One page, what was deleted last first. */
export interface TrashPage {
  readonly rows: TextRows;
  /** In the order of the rows. */
  readonly entries: readonly TrashEntry[];
  /** Where the next page begins; null: there is none. */
  readonly next: number | null;
}

/**
 * Deleted records of a model, as they were, for who could read and delete them if they were there. Values pass the
 * field permissions as in any reading; related names are those of today.
 */
export async function readTrash(
  context: Context,
  model: Model,
  { domain = [], fields = ["display_name"], limit = 80, after }: TrashSearch,
): Promise<TrashPage> {
  granted(context, model, "read");
  granted(context, model, "delete");
  if (!Number.isInteger(limit) || limit < 1 || limit > maxTrashPage)
    throw new ExpectedError("invalid", `At most ${maxTrashPage} deleted records are shown at once.`);
  const found: { tuple: TextRows["tuples"][number]; entry: TrashEntry }[] = [];
  let shape: TextRows["shape"] = [];
  let next = after ?? null;
  for (let scanned = 0; scanned < maxScanned; scanned += maxTrashPage) {
    const entries = await entriesBefore(context, model, next);
    const page = await seen(context, model, entries, { domain, fields });
    shape = page.shape;
    for (const entry of entries) {
      next = entry.id;
      const tuple = page.byId.get(entry.recordId);
      if (tuple !== undefined) found.push({ tuple, entry });
      if (found.length === limit) return pageOf(shape, found, next);
    }
    if (entries.length < maxTrashPage) return pageOf(shape, found, null);
  }
  return pageOf(shape, found, next);
}

function entriesBefore(context: Context, model: Model, before: number | null): Promise<TrashEntry[]> {
  const where = isId(before) ? sql`"e"."id" < ${before}::integer` : sql`TRUE`;
  return findEntries(context, model, {
    where,
    rest: sql`ORDER BY "e"."id" DESC LIMIT ${literal(maxTrashPage)}`,
  });
}

async function seen(
  context: Context,
  model: Model,
  entries: readonly TrashEntry[],
  { domain, fields }: Required<Pick<TrashSearch, "domain" | "fields">>,
): Promise<{
  readonly shape: TextRows["shape"];
  readonly byId: ReadonlyMap<number, TextRows["tuples"][number]>;
}> {
  const asIf = asIfRestored(context, entries);
  const ids =
    entries.length === 0
      ? []
      : await reachableIds(
          asIf,
          model,
          entries.map((one) => one.recordId),
        );
  const among: Domain = [["id", "in", ids], ...domain];
  // Asked also when there is nothing: a field that is not there is refused all the same.
  const reading = entries.length === 0 ? context : asIf;
  const rows = await searchTexts(reading, model, { domain: among, fields, options: { activeOnly: false } });
  return { shape: rows.shape, byId: new Map(rows.tuples.map((tuple) => [Number(tuple[0]), tuple])) };
}

function pageOf(
  shape: TextRows["shape"],
  found: readonly { readonly tuple: TextRows["tuples"][number]; readonly entry: TrashEntry }[],
  next: number | null,
): TrashPage {
  return {
    rows: { shape, tuples: found.map(({ tuple }) => tuple) },
    entries: found.map(({ entry }) => entry),
    next,
  };
}
