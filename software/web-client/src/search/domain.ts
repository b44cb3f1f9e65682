import type { ListFilter } from "@holdfast/framework/views/view";
import type { Domain, FieldDescription, FieldDescriptions, Term } from "../wire/shapes.ts";
import type { Facet } from "./facet.ts";
import { nextPeriod } from "./period.ts";

/** Name of the built-in filter that shows archived records. */
export const archivedFilter = "archived";

/**
 * The domain of a search: facets that say something of one field are alternatives, everything else must
 * hold together. Facets of fields that the reader does not have, and filters that the view does not
 * declare, are left out.
 */
export function searchDomain(
  facets: readonly Facet[],
  view: { readonly fields: FieldDescriptions; readonly filters: readonly ListFilter[] },
  base: Domain = [],
): Domain {
  const alternatives = new Map<string, Domain[]>();
  facets.forEach((facet, index) => {
    const domain = facetDomain(facet, view);
    if (!domain) return;
    const key =
      facet.kind === "has" || facet.kind === "is" || facet.kind === "in" ? facet.field : `#${index}`;
    alternatives.set(key, [...(alternatives.get(key) ?? []), domain]);
  });
  return allOf([base, ...[...alternatives.values()].map(anyOf)]);
}

/** Joins domains so that all must hold; empty ones hold always. */
export function allOf(domains: readonly Domain[]): Domain {
  return join(
    "&",
    domains.filter((domain) => domain.length > 0),
  );
}

/** Joins domains so that one is enough. */
export function anyOf(domains: readonly Domain[]): Domain {
  return join(
    "|",
    domains.filter((domain) => domain.length > 0),
  );
}

function join(operator: "&" | "|", domains: readonly Domain[]): Domain {
  const explicit = domains.map(explicitAnd);
  return [...Array<string>(Math.max(explicit.length - 1, 0)).fill(operator), ...explicit.flat()];
}

/** `[a, b]` means `["&", a, b]`; said aloud, so that it can stand behind another operator. */
function explicitAnd(domain: Domain): Domain {
  return [...Array<string>(Math.max(countOperands(domain) - 1, 0)).fill("&"), ...domain];
}

/** How many complete conditions stand side by side. */
function countOperands(domain: Domain): number {
  let operands = 0;
  for (const part of [...domain].reverse()) {
    if (typeof part !== "string") operands += 1;
    else if (part !== "!") operands -= 1;
  }
  return operands;
}

function facetDomain(
  facet: Facet,
  view: { readonly fields: FieldDescriptions; readonly filters: readonly ListFilter[] },
): Domain | null {
  if (facet.kind === "filter") {
    if (facet.name === archivedFilter && view.fields["active"]) return [["active", "=", false]];
    return view.filters.find((filter) => filter.name === facet.name)?.domain ?? null;
  }
  const field = view.fields[facet.field];
  if (!field) return null;
  switch (facet.kind) {
    case "has":
      return [containsTerm(field, facet.text)];
    case "is":
      return [[field.name, "=", choiceValue(field, facet.value)]];
    case "in":
      return periodDomain(field, facet.period);
    case "where":
      return [whereTerm(field, facet.operator, facet.value)];
  }
}

function containsTerm(field: FieldDescription, text: string): Term {
  const numeric = field.type === "integer" || field.type === "float" || field.type === "monetary";
  return numeric ? [field.name, "=", Number(text)] : [field.name, "ilike", text];
}

function choiceValue(field: FieldDescription, value: string): unknown {
  if (field.type === "boolean") return value === "true";
  if (value === "false") return false;
  return field.type === "selection" || field.type === "char" ? value : Number(value);
}

function periodDomain(field: FieldDescription, period: string): Domain {
  const [from, to] = nextPeriod(period);
  const time = field.type === "datetime" ? " 00:00:00" : "";
  return ["&", [field.name, ">=", from + time], [field.name, "<", to + time]];
}

function whereTerm(field: FieldDescription, operator: string, value: string): Term {
  if (operator === "set") return [field.name, "!=", false];
  if (operator === "unset") return [field.name, "=", false];
  const related = field.type === "many2one" || field.type === "many2many" || field.type === "one2many";
  if (related && (operator === "=" || operator === "!="))
    return [`${field.name}.id`, operator, Number(value)];
  if (field.type === "boolean") return [field.name, operator, value === "true"];
  const numeric = field.type === "integer" || field.type === "float" || field.type === "monetary";
  return [field.name, operator, numeric ? Number(value) : value];
}
