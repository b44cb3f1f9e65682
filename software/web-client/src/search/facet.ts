/**
 * Facets: the parts of a search that a person sees as chips. They live in the address, so that Back, a
 * middle click and a copied link keep the search: `?q=has:name:riga,filter:companies`.
 */
export type Facet =
  /** The text of `field` contains `text`. */
  | { readonly kind: "has"; readonly field: string; readonly text: string }
  /** `field` is exactly this choice; `value` is a selection's key, a record's id, `true` or `false`. */
  | { readonly kind: "is"; readonly field: string; readonly value: string; readonly label: string }
  /** A filter that the view declares, or one of the built-in ones. */
  | { readonly kind: "filter"; readonly name: string }
  /** The day or moment of `field` lies in a year, month or day: `2026`, `2026-11`, `2026-11-22`. */
  | { readonly kind: "in"; readonly field: string; readonly period: string }
  /** A condition put together in the filter builder. */
  | {
      readonly kind: "where";
      readonly field: string;
      readonly operator: WhereOperator;
      readonly value: string;
    };

export const whereOperators = [
  "=",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
  "ilike",
  "not ilike",
  "set",
  "unset",
] as const;
export type WhereOperator = (typeof whereOperators)[number];

/** Everything of a list that the address holds. */
export interface Search {
  readonly facets: readonly Facet[];
  /** At most two fields, outermost first. */
  readonly groupBy: readonly string[];
  /** `name desc`; empty for the model's own order. */
  readonly sort: string;
  /** Key of the menu one came by, whose domain holds throughout; empty for none. */
  readonly menu: string;
}

export const emptySearch: Search = { facets: [], groupBy: [], sort: "", menu: "" };
/** Most facets read from an address; more are dropped. */
export const maxFacets = 30;
export const maxGroupLevels = 2;

/** Reads the query string of a list. What it does not understand becomes a text search or is dropped. */
export function parseSearch(query: string, defaultField: string | undefined): Search {
  const parameters = new Map(
    query
      .replace(/^\?/, "")
      .split("&")
      .map((pair) => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)] as const),
  );
  const tokens = (parameters.get("q") ?? "").split(",").filter((token) => token !== "");
  const facets = tokens.slice(0, maxFacets).map((token) => parseFacet(token, defaultField));
  return {
    facets: facets.filter((facet) => facet !== null),
    groupBy: (parameters.get("group") ?? "").split(",").filter(Boolean).map(decode).slice(0, maxGroupLevels),
    sort: decode(parameters.get("sort") ?? ""),
    menu: decode(parameters.get("menu") ?? ""),
  };
}

/** Writes the query string, with its `?`; empty for an empty search. */
export function formatSearch(search: Search): string {
  const parts: string[] = [];
  if (search.menu) parts.push(`menu=${encodeURIComponent(search.menu)}`);
  if (search.facets.length > 0) parts.push(`q=${search.facets.map(formatFacet).join(",")}`);
  if (search.groupBy.length > 0) parts.push(`group=${search.groupBy.map(encodeURIComponent).join(",")}`);
  if (search.sort) parts.push(`sort=${encodeURIComponent(search.sort)}`);
  return parts.length > 0 ? `?${parts.join("&")}` : "";
}

/** Adds a facet at the end; one that is already there is not added twice. */
export function withFacet(search: Search, facet: Facet): Search {
  const known = new Set(search.facets.map(formatFacet));
  return known.has(formatFacet(facet)) ? search : { ...search, facets: [...search.facets, facet] };
}

/** Takes away the facet at `index`, or the last one. */
export function withoutFacet(search: Search, index: number = search.facets.length - 1): Search {
  return { ...search, facets: search.facets.filter((_, position) => position !== index) };
}

/** Sets or takes away a declared filter. */
export function toggleFilter(search: Search, name: string): Search {
  const index = search.facets.findIndex((facet) => facet.kind === "filter" && facet.name === name);
  return index < 0 ? withFacet(search, { kind: "filter", name }) : withoutFacet(search, index);
}

/** Adds a grouping level, or takes it away; the oldest gives way when there would be too many. */
export function toggleGroup(search: Search, field: string): Search {
  const rest = search.groupBy.filter((name) => name !== field);
  const next = rest.length === search.groupBy.length ? [...rest, field].slice(-maxGroupLevels) : rest;
  return { ...search, groupBy: next };
}

/** Header click: ascending, descending, the model's own order again. */
export function cycleSort(search: Search, field: string): Search {
  const next = search.sort === field ? `${field} desc` : search.sort === `${field} desc` ? "" : field;
  return { ...search, sort: next };
}

function formatFacet(facet: Facet): string {
  return partsOf(facet).map(encodeURIComponent).join(":");
}

function partsOf(facet: Facet): readonly string[] {
  switch (facet.kind) {
    case "has":
      return ["has", facet.field, facet.text];
    case "is":
      return ["is", facet.field, facet.value, facet.label];
    case "filter":
      return ["filter", facet.name];
    case "in":
      return ["in", facet.field, facet.period];
    case "where":
      return ["where", facet.field, facet.operator, facet.value];
  }
}

function parseFacet(token: string, defaultField: string | undefined): Facet | null {
  const [kind, first = "", second = "", third = ""] = token.split(":").map(decode);
  if (kind === "has" && second) return { kind, field: first, text: second };
  if (kind === "is" && second) return { kind, field: first, value: second, label: third || second };
  if (kind === "filter" && first) return { kind, name: first };
  if (kind === "in" && /^\d{4}(-\d{2}){0,2}$/.test(second)) return { kind, field: first, period: second };
  const operator = whereOperators.find((known) => known === second);
  if (kind === "where" && operator) return { kind, field: first, operator, value: third };
  return defaultField && !token.includes(":")
    ? { kind: "has", field: defaultField, text: decode(token) }
    : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
