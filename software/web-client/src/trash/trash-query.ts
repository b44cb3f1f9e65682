import { infiniteQueryOptions } from "@tanstack/react-query";
import { callMethod } from "../wire/call.ts";

/** One deleted record, as the trash shows it. */
export interface TrashRow {
  readonly id: number;
  readonly display_name: string | false;
  readonly trash: {
    /** UTC, to the second. */
    readonly deleted_at: string;
    readonly kept_until: string;
    /** Records that were deleted with it. */
    readonly takes: number;
    readonly deleted_by: readonly [number, string] | false;
  };
}

interface TrashPage {
  readonly records: readonly TrashRow[];
  readonly next: number | false;
}

/** Rows asked for at once. */
const pageRows = 80;

/** The deleted records of a model, page by page, last deleted first. */
export function trashQuery(model: string, typed: string) {
  const domain = typed === "" ? [] : [["display_name", "ilike", typed]];
  return infiniteQueryOptions({
    queryKey: ["trash", model, typed],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const kwargs = {
        domain,
        fields: ["display_name"],
        limit: pageRows,
        ...(pageParam ? { after: pageParam } : {}),
      };
      return (await callMethod(model, "trash_read", { kwargs, signal })) as TrashPage;
    },
    getNextPageParam: ({ next }) => next || null,
  });
}

/** Days until a moment that the server wrote, rounded up. */
export function daysUntil(moment: string, nowMs: number): number {
  return Math.max(0, Math.ceil((Date.parse(`${moment.replace(" ", "T")}Z`) - nowMs) / 86_400_000));
}
