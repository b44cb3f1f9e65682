import { present } from "@holdfast/kernel/assert";
import type { ExpectedError } from "@holdfast/kernel/errors";
import { always, type Condition, type FieldRef, not, some } from "./condition.ts";
import { domainFault, domainLimits, quote } from "./domain-fault.ts";
import { findField, follow, relatedTo, type TermOperator, type TermReader } from "./domain-reader.ts";
import { referenceTerm } from "./domain-reference.ts";
import { relationTerm } from "./domain-relation.ts";
import { scalarTerm } from "./domain-scalar.ts";
import type { Model } from "./model.ts";
import { isX2many } from "./storage.ts";

const positives: ReadonlySet<string> = new Set<TermOperator>([
  "=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "like",
  "ilike",
  "=like",
  "=ilike",
  "=?",
  "child_of",
  "parent_of",
  "any",
]);
const negatives: ReadonlyMap<string, TermOperator> = new Map([
  ["!=", "="],
  ["<>", "="],
  ["not in", "in"],
  ["not like", "like"],
  ["not ilike", "ilike"],
  ["not =like", "=like"],
  ["not =ilike", "=ilike"],
  ["not any", "any"],
]);

/** Reads `[path, operator, value]`, and the constants `[1, "=", 1]` and `[0, "=", 1]`. */
export function readTerm(term: unknown, model: Model, reader: TermReader): Condition {
  const { place } = reader;
  if (!Array.isArray(term) || term.length !== 3)
    throw domainFault(place, "a term is a list of three: [field, operator, value]");
  const [path, operator, value] = term as [unknown, unknown, unknown];
  if (operator === "=" && value === 1 && (path === 1 || path === 0))
    return { kind: "constant", value: path === 1 };
  if (typeof path !== "string") throw domainFault(place, "the field of a term is a text");
  if (typeof operator !== "string") throw domainFault(place, "the operator of a term is a text");
  return alongPath(path.split("."), operator.toLowerCase(), value, model, reader);
}

function alongPath(
  steps: readonly string[],
  operator: string,
  value: unknown,
  model: Model,
  reader: TermReader,
): Condition {
  if (steps.length > domainLimits.pathSteps)
    throw domainFault(reader.place, `a path has at most ${domainLimits.pathSteps} steps`);
  const at = findField(model, steps[0] ?? "", reader);
  if (at.field.computed !== undefined) throw notStored(at, reader);
  if (at.field.related !== undefined) return relatedField(at, steps.slice(1), operator, value, reader);
  if (at.name === "active") reader.level.namesActive = true;
  if (steps.length === 1) return lastStep(at, operator, value, reader);
  if (at.field.target === undefined)
    throw domainFault(
      reader.place,
      `${quote(at.name)} leads to no other model`,
      `end the path at "${at.name}"`,
    );
  const target = follow(at, reader);
  const beyond = { ...reader, level: { namesActive: false } };
  const condition = alongPath(steps.slice(1), operator, value, target, beyond);
  if (beyond.level.namesActive) return { kind: "related", at, target, condition };
  return relatedTo(at, target, condition, reader);
}

/** What is worked out on reading stands in no table. */
function notStored(at: FieldRef, reader: TermReader): ExpectedError {
  const sources = Object.keys(at.field.computed?.from ?? {}).map(quote);
  return domainFault(
    reader.place,
    `${quote(at.name)} is worked out on reading: nothing can be searched by it`,
    `search by what it is worked out from: ${sources.join(", ")}`,
  );
}

/**
 * A related field stands for its path, and is itself not set where the path leads nowhere: a term on it and its
 * complement part the records in two, as on any other field.
 */
function relatedField(
  at: FieldRef,
  rest: readonly string[],
  operator: string,
  value: unknown,
  reader: TermReader,
): Condition {
  const path = present(at.field.related, "the path of a related field").split(".");
  if (rest.length > 0) return alongPath([...path, ...rest], operator, value, at.model, reader);
  const positive = negatives.get(operator);
  if (positive !== undefined) return not(relatedField(at, [], positive, value, reader));
  if (at.field.target !== undefined && (operator === "child_of" || operator === "parent_of"))
    return alongPath([...path, "id"], operator, value, at.model, reader);
  const passed: { readonly at: FieldRef; readonly target: Model }[] = [];
  let last = findField(at.model, path[0] ?? "", reader);
  for (const step of path.slice(1)) {
    const target = follow(last, reader);
    passed.push({ at: last, target });
    last = findField(target, step, reader);
  }
  const reach = (condition: Condition) =>
    passed.reduceRight((inner, one) => relatedTo(one.at, one.target, inner, reader), condition);
  const holds = lastStep(last, operator, value, reader);
  return holdsUnset(holds) ? some([reach(holds), not(reach(always))]) : reach(holds);
}

/** Whether a condition on one field holds where that is not set. */
function holdsUnset(condition: Condition): boolean {
  switch (condition.kind) {
    case "constant":
      return condition.value;
    case "every":
      return condition.terms.every(holdsUnset);
    case "some":
      return condition.terms.some(holdsUnset);
    case "not":
      return !holdsUnset(condition.term);
    default:
      return condition.kind === "unset";
  }
}

function lastStep(at: FieldRef, operator: string, value: unknown, reader: TermReader): Condition {
  const positive = negatives.get(operator);
  if (positive !== undefined) return not(lastStep(at, positive, value, reader));
  if (!positives.has(operator))
    throw domainFault(
      reader.place,
      `${quote(operator)} is no operator`,
      `use one of ${[...positives].join(" ")}`,
    );
  const known = operator as TermOperator;
  const relation = at.field.kind === "many2one" || isX2many(at.field.kind);
  if (at.field.kind === "reference") return referenceTerm(at, known, value, reader);
  return relation ? relationTerm(at, known, value, reader) : scalarTerm(at, known, value, reader);
}
