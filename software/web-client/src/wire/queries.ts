import { QueryClient, queryOptions } from "@tanstack/react-query";
import { callMethod, getJson } from "./call.ts";
import { failureOf } from "./failure.ts";
import { setCsrfToken } from "./session.ts";
import type {
  AppDescription,
  Domain,
  FieldDescription,
  FieldDescriptions,
  ModelDescription,
} from "./shapes.ts";
import { decodeRow, type Reference, type Row } from "./values.ts";

/** Counting stops here: "10,000+" says enough, and costs a bounded time. */
export const countLimit = 10_000;
/** Most tries of a read that got no answer. */
const maxTries = 3;

/** The cache of everything read. Refusals are not tried again; unanswered reads are. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      retry: (tries, error) => failureOf(error).kind === "offline" && tries < maxTries,
      refetchOnWindowFocus: true,
    },
  },
});

/** Who is signed in and what the rail shows. Never stale by itself: a new sign-in asks again. */
export const appQuery = queryOptions({
  queryKey: ["app"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => {
    const app = await getJson<AppDescription>("/web/app", signal);
    setCsrfToken(app.csrf);
    return app;
  },
});

/** Everything this user may know of a model. */
export function modelQuery(model: string) {
  return queryOptions({
    queryKey: ["model", model],
    staleTime: 10 * 60_000,
    queryFn: async ({ signal }) => {
      const wire = await getJson<ModelDescription>(`/web/model/${model}`, signal);
      return { ...wire, fields: named(wire.fields) };
    },
  });
}

export interface Selection {
  readonly model: string;
  readonly domain: Domain;
  readonly fields: readonly string[];
  readonly order: string;
  readonly offset: number;
  readonly limit: number;
}

/** One page of rows. */
export function rowsQuery(selection: Selection, descriptions: FieldDescriptions) {
  const { model, domain, fields, order, offset, limit } = selection;
  return queryOptions({
    queryKey: ["rows", model, { domain, fields, order, offset, limit }],
    queryFn: async ({ signal }): Promise<Row[]> => {
      const kwargs = { domain, fields, offset, limit, ...(order ? { order } : {}) };
      const rows = await callMethod(model, "search_read", { kwargs, signal });
      return (rows as Record<string, unknown>[]).map((row) => decodeRow(descriptions, row));
    },
  });
}

/** How many records match; one more than {@link countLimit} means "more". */
export function countQuery(model: string, domain: Domain) {
  return queryOptions({
    queryKey: ["count", model, domain],
    queryFn: async ({ signal }) =>
      Number(
        await callMethod(model, "search_count", {
          args: [domain],
          kwargs: { limit: countLimit + 1 },
          signal,
        }),
      ),
  });
}

/** Groups of one level with their counts and sums, as the wire gives them. */
export function groupsQuery(model: string, domain: Domain, groupBy: string, sums: readonly string[]) {
  return queryOptions({
    queryKey: ["groups", model, { domain, groupBy, sums }],
    queryFn: async ({ signal }) => {
      const kwargs = { domain, fields: sums, groupby: [groupBy], lazy: true };
      return (await callMethod(model, "read_group", { kwargs, signal })) as Record<string, unknown>[];
    },
  });
}

/** Records by id, in the order of the ids. */
export function readQuery(
  model: string,
  ids: readonly number[],
  fields: readonly string[],
  descriptions: FieldDescriptions,
) {
  return queryOptions({
    queryKey: ["read", model, ids, fields],
    queryFn: async ({ signal }): Promise<Row[]> => {
      if (ids.length === 0) return [];
      const rows = await callMethod(model, "read", { args: [ids, fields], signal });
      return (rows as Record<string, unknown>[]).map((row) => decodeRow(descriptions, row));
    },
  });
}

/** Records whose name fits what was typed, best first. */
export function nameQuery(model: string, typed: string, domain: Domain = [], limit = 8) {
  return queryOptions({
    queryKey: ["names", model, typed, domain, limit],
    staleTime: 30_000,
    queryFn: async ({ signal }): Promise<Reference[]> => {
      const kwargs = { name: typed, args: domain, operator: "ilike", limit };
      const pairs = (await callMethod(model, "name_search", { kwargs, signal })) as [number, string][];
      return pairs.map(([id, name]) => ({ id, name }));
    },
  });
}

/** After a change: everything read of a model is asked for again; what is on the screen stays until then. */
export async function modelChanged(model: string): Promise<void> {
  const kinds = ["rows", "count", "groups", "read", "names", "trash"];
  const touched = (key: readonly unknown[]) => kinds.includes(String(key[0])) && key[1] === model;
  await queryClient.invalidateQueries({ predicate: (query) => touched(query.queryKey) });
}

function named(fields: Readonly<Record<string, Omit<FieldDescription, "name">>>): FieldDescriptions {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, name }]));
}
