import { type Condition, every, not, some } from "./condition.ts";
import { domainFault, domainLimits, type Place, quote } from "./domain-fault.ts";
import type { DomainScope } from "./domain-reader.ts";
import { readTerm } from "./domain-term.ts";
import type { Model } from "./model.ts";

/**
 * Reads a domain as the remote API writes it: `&` (default), `|`, `!` before triples. Source: API.md.
 *
 * @param input - anything at all, as it came from outside.
 * @throws `invalid`, naming the place; a field that may not be read is answered as one that is not there.
 *
 * A negative operator is the exact complement of its positive one on the field itself, nulls included; at
 * the end of a dotted path it asks for *some* related record without it (`!` before the term asks for none).
 * Archived records are not left out here: see {@link hideArchived}.
 */
export function parseDomain(input: unknown, model: Model, scope: DomainScope): Condition {
  return parseAt(input, model, scope, { path: "domain", nesting: 0, spent: { traversals: 0 } });
}

/** Adds `active = true` on models that archive, unless the condition itself speaks of `active`. */
export function hideArchived(condition: Condition, model: Model): Condition {
  const field = Object.hasOwn(model.fields, "active") ? model.fields["active"] : undefined;
  if (field?.kind !== "boolean" || namesActive(condition, model)) return condition;
  return every([{ kind: "isTrue", at: { model, name: "active", field } }, condition]);
}

function namesActive(condition: Condition, model: Model): boolean {
  if (condition.kind === "every" || condition.kind === "some")
    return condition.terms.some((term) => namesActive(term, model));
  if (condition.kind === "not") return namesActive(condition.term, model);
  return "at" in condition && condition.at.model === model && condition.at.name === "active";
}

interface Part {
  readonly condition: Condition;
  readonly depth: number;
}

function parseAt(input: unknown, model: Model, scope: DomainScope, place: Place): Condition {
  if (!Array.isArray(input)) throw domainFault(place, "a domain is a list of terms");
  if (input.length > domainLimits.items)
    throw domainFault(place, `has ${input.length} items, at most ${domainLimits.items} allowed`);
  if (place.nesting > domainLimits.nesting)
    throw domainFault(place, `subdomains are nested more than ${domainLimits.nesting} deep`);
  return every(readParts(input, model, scope, place).map((part) => part.condition));
}

/** From the right, so that each operator finds its operands on a stack: no recursion over outside input. */
function readParts(items: readonly unknown[], model: Model, scope: DomainScope, outer: Place): Part[] {
  const parts: Part[] = [];
  for (let i = items.length - 1; i >= 0; i--) {
    const item: unknown = items[i];
    const place = { ...outer, path: `${outer.path}[${i}]` };
    if (typeof item === "string") parts.push(combine(item, parts, place));
    else parts.push({ condition: readTerm(item, model, { scope, place, subdomain: parseAt }), depth: 1 });
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
