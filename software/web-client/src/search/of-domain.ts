import type { Domain } from "../wire/shapes.ts";
import { emptySearch, type Facet, type Search, whereOperators } from "./facet.ts";

/**
 * A plain domain as facets, so that a list that a button opens shows what it is limited to and can be
 * widened. Conditions that no facet can say, and alternatives, are left out.
 */
export function searchOfDomain(domain: Domain): Search {
  if (domain.some((part) => part === "|" || part === "!")) return emptySearch;
  const facets = domain.flatMap((part): Facet[] => {
    if (typeof part === "string") return [];
    const [field, operator, value] = part;
    if (operator === "in" && Array.isArray(value))
      return value.slice(0, 10).map((one) => isFacet(field, one));
    const known = whereOperators.find((one) => one === operator);
    if (!known || typeof value === "object") return [];
    return operator === "="
      ? [isFacet(field, value)]
      : [{ kind: "where", field, operator: known, value: String(value) }];
  });
  return { ...emptySearch, facets };
}

function isFacet(field: string, value: unknown): Facet {
  return {
    kind: "is",
    field,
    value: String(value),
    label: value === true ? "Yes" : value === false ? "No" : String(value),
  };
}
