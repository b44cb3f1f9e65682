import { withoutArchived } from "./archived.ts";
import { type Condition, every, not, some } from "./condition.ts";
import { domainFault, domainLimits, type Place, quote } from "./domain-fault.ts";
import type { DomainOptions, DomainScope, Level } from "./domain-reader.ts";
import { readTerm } from "./domain-term.ts";
import type { Model } from "./model.ts";

/**
 * Reads a domain as the remote API writes it: `&` (default), `|`, `!` before triples.
 *
 * @param input - anything at all, as it came from outside.
 * @throws `invalid`, naming the place; a field that may not be read is answered as one that is not there.
 *
 * A negative operator is the exact complement of its positive one on the field itself, nulls included; at
 * the end of a dotted path it asks for *some* related record without it (`!` before the term asks for none).
 * Archived records stay out when the scope says so: see {@link DomainScope.archived}.
 */
export function parseDomain(input: unknown, model: Model, scope: DomainScope): Condition {
  const place: Place = { path: "domain", nesting: 0, spent: { traversals: 0 } };
  return parseAt(input, model, { scope, place, hideArchived: scope.archived === "hidden" });
}

interface Part {
  readonly condition: Condition;
  readonly depth: number;
}

function parseAt(input: unknown, model: Model, options: DomainOptions): Condition {
  const { place } = options;
  if (!Array.isArray(input)) throw domainFault(place, "a domain is a list of terms");
  if (input.length > domainLimits.items)
    throw domainFault(place, `has ${input.length} items, at most ${domainLimits.items} allowed`);
  const level = { namesActive: false };
  const condition = every(readParts(input, model, options, level).map((part) => part.condition));
  return options.hideArchived && !level.namesActive ? withoutArchived(condition, model) : condition;
}

/** From the right, so that each operator finds its operands on a stack: no recursion over outside input. */
function readParts(
  items: readonly unknown[],
  model: Model,
  { scope, place: outer }: DomainOptions,
  level: Level,
): Part[] {
  const parts: Part[] = [];
  for (let i = items.length - 1; i >= 0; i--) {
    const item: unknown = items[i];
    const place = { ...outer, path: `${outer.path}[${i}]` };
    if (typeof item === "string") parts.push(combine(item, parts, place));
    else
      parts.push({ condition: readTerm(item, model, { scope, place, level, subdomain: parseAt }), depth: 1 });
  }
  return parts.reverse();
}

function combine(operator: string, parts: Part[], place: Place): Part {
  if (operator !== "&" && operator !== "|" && operator !== "!")
    throw domainFault(
      place,
      `${quote(operator)} is no operator`,
      'use "&", "|", "!" or a list [field, operator, value]',
    );
  const operands = parts.splice(operator === "!" ? -1 : -2).reverse();
  if (operands.length < (operator === "!" ? 1 : 2))
    throw domainFault(place, `"${operator}" needs ${operator === "!" ? "a term" : "two terms"} after it`);
  const terms = operands.map((part) => part.condition);
  const condition =
    operator === "!" ? not(terms[0] as Condition) : operator === "&" ? every(terms) : some(terms);
  const depth = depthAbove(condition, operands);
  if (depth > domainLimits.depth)
    throw domainFault(place, `is nested more than ${domainLimits.depth} deep`, "write it flatter");
  return { condition, depth };
}

/** Terms of the same kind are one level, however many operators joined them. */
function depthAbove(condition: Condition, operands: readonly Part[]): number {
  const levels = operands.map((part) => part.depth + (part.condition.kind === condition.kind ? 0 : 1));
  return Math.max(...levels);
}
