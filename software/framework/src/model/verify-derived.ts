import type { Field } from "./field.ts";
import { isKeyed } from "./keyed.ts";
import type { Model } from "./model.ts";
import { didYouMean } from "./nearest.ts";
import type { Registry } from "./registry.ts";
import { isDerived, isX2many } from "./storage.ts";

/** Most steps of a related field, its last included: domains that follow it have few. */
const maxSteps = 4;
/** Other parts of the software take these for columns. */
const columnsByName = new Set(["active", "parent_id"]);
/** What a function of ours gives without harm: rich text would have to be sanitized each time. */
const workedOut = new Set<Field["kind"]>(["text", "longText", "integer", "decimal", "boolean", "date"]);

/** What is wrong with a field that is read from elsewhere or worked out on reading. */
export function derivedProblems(registry: Registry, model: Model, name: string, field: Field): string[] {
  if (!isDerived(field)) return [];
  const problems = [...likeNoColumn(model, name, field)];
  if (field.related !== undefined) problems.push(...relatedProblems(registry, model, name, field));
  if (field.computed !== undefined) problems.push(...computedProblems(registry, model, name, field));
  return problems.map((problem) => `field "${name}" ${problem}`);
}

function likeNoColumn(model: Model, name: string, field: Field): string[] {
  const problems = [
    field.related !== undefined && field.computed !== undefined && "is both related and computed",
    isKeyed(field) && "has several values where its source has: say so there alone",
    (field.index || field.unique) && "is not stored: it is neither indexed nor unique",
    field.required && field.kind !== "boolean" && "is not stored: it cannot be required",
    field.default !== undefined && field.default !== false && "is not stored: it has no default",
    field.secret && "is a secret that nobody could read: leave it out",
    columnsByName.has(name) && "is not stored, and its name is one that has to be",
    model.computes?.some((compute) => compute.fields.includes(name)) &&
      "is not stored, and a compute sets it",
  ];
  return problems.filter((problem) => typeof problem === "string");
}

function relatedProblems(registry: Registry, start: Model, name: string, field: Field): string[] {
  const path = field.related ?? "";
  const steps = path.split(".");
  if (steps.length < 2 || steps.length > maxSteps)
    return [`is related to "${path}", which is no path of 2 to ${maxSteps} steps`];
  let model = start;
  for (const [i, step] of steps.entries()) {
    const found = registry.field(model, step);
    if (found === undefined)
      return [
        `is related to "${path}": "${model.name}" has no field "${step}"${didYouMean(step, Object.keys(model.fields))}`,
      ];
    if (isDerived(found))
      return [`is related to "${path}", whose "${step}" is not stored: write its own path`];
    if (found.secret) return [`is related to "${path}", whose "${step}" is a secret`];
    if (i === steps.length - 1)
      return endProblems({ name, field, path }, found, start).map((one) => `is related to "${path}": ${one}`);
    const target = found.kind === "many2one" ? registry.models.get(found.target ?? "") : undefined;
    if (target === undefined) return [`is related to "${path}": "${step}" of "${model.name}" is no many2one`];
    model = target;
  }
  return [];
}

interface Alias {
  readonly name: string;
  readonly field: Field;
  readonly path: string;
}

/** The alias says itself what it is, so that TypeScript knows; here it is held to its word. */
function endProblems({ field, path }: Alias, end: Field, model: Model): string[] {
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  const problems = [
    (isX2many(end.kind) || end.kind === "reference") && `it ends at a ${end.kind}`,
    field.kind !== end.kind && `it is declared as ${field.kind}, and its end is ${end.kind}`,
    field.target !== end.target && `it leads to "${field.target}", and its end to "${end.target}"`,
    field.kind === "decimal" && field.scale !== end.scale && "it has other places after the point",
    !same(field.options, end.options) && "it has other options",
  ];
  const before = path.slice(0, path.lastIndexOf("."));
  const currency = model.fields[field.currencyField ?? ""]?.related;
  if (field.kind === "money" && currency !== `${before}.${end.currencyField}`)
    problems.push(`its currency is no field related to "${before}.${end.currencyField}"`);
  return problems.filter((problem) => typeof problem === "string");
}

function computedProblems(registry: Registry, model: Model, _name: string, field: Field): string[] {
  const sources = Object.entries(field.computed?.from ?? {});
  return [
    ...(workedOut.has(field.kind) ? [] : [`is of kind ${field.kind}, which is not worked out on reading`]),
    ...(sources.length > 0 ? [] : ["is worked out from nothing: it says no field that it depends on"]),
    ...sources.flatMap(([name, declared]) => {
      const source = registry.field(model, name);
      if (source === undefined)
        return [
          `is worked out from "${name}", which is not there${didYouMean(name, Object.keys(model.fields))}`,
        ];
      if (source.kind !== declared.kind || source.target !== declared.target)
        return [`is worked out from "${name}", which is another field than the one it was told`];
      if (source.computed !== undefined || isX2many(source.kind) || source.secret)
        return [`is worked out from "${name}", which is no column and no related field that is read`];
      return [];
    }),
  ];
}
