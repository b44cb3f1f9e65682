import { assert, present } from "@holdfast/kernel/assert";
import type { Field } from "./field.ts";
import { comparesIn, equalsIn, matchesIn, unsetIn } from "./memory-values.ts";
import type { Model } from "./model.ts";
import type { Registry } from "./registry.ts";

/** A record by field: many2one and many2many as ids, decimals, days and moments as text. */
export type PlainRow = Readonly<Record<string, unknown>> & { readonly id: number };

/** Records to evaluate among. */
export interface PlainWorld {
  readonly registry: Registry;
  rows(model: string): readonly PlainRow[];
  /** Whether the one who asks may see a record of a traversed model. */
  visible(model: string, row: PlainRow): boolean;
  /** Archived records do not count where terms about them do not name `active`. */
  readonly archivedHidden: boolean;
  /** Of the one who asks. */
  readonly language: string;
  readonly companyId: number | null;
  /** Whether they may read names of a model's records; of all when absent. Asked of references to several models alone. */
  nameable?(model: string): boolean;
}

type Sign = "&" | "|" | "!";
type Term = readonly [path: string, operator: string, value: unknown];

/**
 * Whether a record meets a domain: the oracle that tests hold the compiler against.
 *
 * Reads the domain itself, by another algorithm (from the left, recursively), and shares no code with the
 * parser or the compiler but the folding table. For valid domains and few rows: it is slow, and what is
 * not valid fails an assertion.
 */
export function evaluateDomain(
  domain: readonly unknown[],
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  let rest = domain;
  while (rest.length > 0) {
    const [holds, after] = evaluateFirst(rest, model, row, world);
    if (!holds) return false;
    rest = after;
  }
  return true;
}

function evaluateFirst(
  items: readonly unknown[],
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): readonly [boolean, readonly unknown[]] {
  const [first, ...rest] = items;
  if (Array.isArray(first)) return [evaluateTerm(first as unknown as Term, model, row, world), rest];
  assert(first === "&" || first === "|" || first === "!", "a domain holds operators and terms");
  const [left, afterLeft] = evaluateFirst(rest, model, row, world);
  if ((first as Sign) === "!") return [!left, afterLeft];
  const [right, afterRight] = evaluateFirst(afterLeft, model, row, world);
  return [first === "&" ? left && right : left || right, afterRight];
}

function evaluateTerm(
  [path, operator, value]: Term,
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  if (typeof path === "number") return path === 1;
  const dot = path.indexOf(".");
  if (dot >= 0) {
    const alias = world.registry.field(model, path.slice(0, dot))?.related;
    if (alias !== undefined)
      return evaluateTerm([alias + path.slice(dot), operator, value], model, row, world);
    const rest: Term = [path.slice(dot + 1), operator, value];
    const [target, related] = relatedRows(path.slice(0, dot), model, row, world, rest);
    return related.some((other) => evaluateTerm(rest, target, other, world));
  }
  if (operator.startsWith("not ")) return !evaluateTerm([path, operator.slice(4), value], model, row, world);
  if (operator === "!=" || operator === "<>") return !evaluateTerm([path, "=", value], model, row, world);
  if (operator === "=?") return isNothing(value) || evaluateTerm([path, "=", value], model, row, world);
  const name = path === "display_name" ? model.displayName : path;
  const field = present(world.registry.field(model, name), `${model.name}.${name}`);
  if (field.related !== undefined) return evaluateAlias(field, operator, value, model, row, world);
  if (operator === "child_of" || operator === "parent_of")
    return evaluateTree(name, field, operator, value, model, row, world);
  if (field.targets !== undefined) return evaluateReference(row[name], field, operator, value, world);
  if (field.target !== undefined) return evaluateRelation(name, field, operator, value, model, row, world);
  return evaluateScalar(field, valueIn(model, name, row, world), operator, value);
}

/** A related field has the value at the end of its path; where the path breaks off it has none. */
function evaluateAlias(
  { related = "", target }: Field,
  operator: string,
  value: unknown,
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  if (operator.endsWith("_of") && target !== undefined)
    return evaluateTerm([`${related}.id`, operator, value], model, row, world);
  const steps = related.split(".");
  const last = steps.pop() ?? "";
  let owner = model;
  let found: PlainRow | undefined = row;
  for (const step of steps) {
    const target: string = world.registry.field(owner, step)?.target ?? "";
    found = found === undefined ? undefined : relatedRows(step, owner, found, world)[1][0];
    owner = world.registry.model(target);
  }
  const name = last === "display_name" ? owner.displayName : last;
  return evaluateTerm([name, operator, value], owner, found ?? { id: 0, [name]: null }, world);
}

function evaluateScalar(field: Field, stored: unknown, operator: string, value: unknown): boolean {
  if (operator === "in" || Array.isArray(value))
    return (value as unknown[]).some((one) => equalsIn(field, stored, one));
  if (operator === "=") return equalsIn(field, stored, value);
  if (operator.endsWith("like")) return matchesIn(stored, operator, value);
  return comparesIn(field, stored, operator, value);
}

function evaluateRelation(
  name: string,
  field: Field,
  operator: string,
  value: unknown,
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  const about = operator === "any" ? (value as readonly unknown[]) : [];
  const [target, related] = relatedRows(name, model, row, world, ...about);
  if (operator === "any")
    return related.some((other) => evaluateDomain(value as unknown[], target, other, world));
  const empty = field.kind === "many2one" ? row[name] === null : related.length === 0;
  if (operator.endsWith("like")) {
    if (isNothing(value)) return operator.startsWith("=") ? empty : !empty;
    return related.some((other) => matchesIn(nameIn(target, other, world), operator, value));
  }
  const wanted = Array.isArray(value) ? value : [value];
  return wanted.some((one) => {
    if (isNothing(one)) return empty;
    if (typeof one === "string") return related.some((other) => nameIn(target, other, world) === one);
    return field.kind === "many2one" ? row[name] === one : related.some((other) => other.id === one);
  });
}

/** A reference to what the one who asks does not see is none. */
function evaluateReference(
  stored: unknown,
  field: Field,
  operator: string,
  value: unknown,
  world: PlainWorld,
): boolean {
  const [name = "", id = ""] = typeof stored === "string" ? stored.split(",") : [];
  const target = (field.targets ?? []).includes(name) ? world.registry.model(name) : undefined;
  const row = world.rows(name).find((other) => String(other.id) === id);
  const seen = target !== undefined && row !== undefined && world.visible(name, row);
  if (operator.endsWith("like")) {
    if (isNothing(value)) return operator.startsWith("=") ? !seen : seen;
    const named = seen && (world.nameable?.(name) ?? true);
    return named && matchesIn(nameIn(target, row, world), operator, value);
  }
  const wanted = Array.isArray(value) ? value : [value];
  return wanted.some((one) => (isNothing(one) ? !seen : seen && one === stored));
}

/** Climbs from one side towards the other; a hidden record ends the climb. */
function evaluateTree(
  name: string,
  field: Field,
  operator: string,
  value: unknown,
  model: Model,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  const own = field.kind === "many2one" && field.target === model.name;
  if (name !== "id" && !own) {
    const [target, related] = relatedRows(name, model, row, world);
    const parent = target.fields["parent_id"]?.target === target.name ? "parent_id" : undefined;
    return related.some((other) => inTree(target, parent, operator, value, other, world));
  }
  const parent = own ? name : model.fields["parent_id"]?.target === model.name ? "parent_id" : undefined;
  return inTree(model, parent, operator, value, row, world);
}

function inTree(
  model: Model,
  parent: string | undefined,
  operator: string,
  value: unknown,
  row: PlainRow,
  world: PlainWorld,
): boolean {
  const isRoot = (other: PlainRow) =>
    (Array.isArray(value) ? value : [value]).some((one) => names(model, other, one, world));
  if (parent === undefined) return isRoot(row);
  if (operator === "child_of") return climb(model, parent, row, world).some(isRoot);
  const roots = world.rows(model.name).filter(isRoot);
  return roots.some((root) => climb(model, parent, root, world).some((above) => above.id === row.id));
}

function names(model: Model, row: PlainRow, value: unknown, world: PlainWorld): boolean {
  if (typeof value === "string") return matchesIn(nameIn(model, row, world), "ilike", value);
  return row.id === value;
}

function nameIn(model: Model, row: PlainRow, world: PlainWorld): unknown {
  return valueIn(model, model.displayName, row, world);
}

/** What the one who asks sees: of a text by language theirs or the English one, of a value by company theirs or that of all. */
function valueIn(model: Model, name: string, row: PlainRow, { language, companyId }: PlainWorld): unknown {
  const field = model.fields[name];
  const all = row[name] as Readonly<Record<string, unknown>> | null | undefined;
  if (field?.translated) return all?.[language] ?? all?.["en_US"];
  if (!field?.perCompany) return row[name];
  const own = companyId !== null && all !== null && all !== undefined && Object.hasOwn(all, companyId);
  const seen = own ? all[companyId] : all?.["*"];
  return field.kind === "boolean" ? seen === "true" : seen;
}

/** A record and those above it, as far as each is visible. */
function climb(model: Model, parent: string, from: PlainRow, world: PlainWorld): readonly PlainRow[] {
  const passed: PlainRow[] = [];
  let next: PlainRow | undefined = from;
  while (next !== undefined && world.visible(model.name, next) && !passed.includes(next)) {
    passed.push(next);
    const above: unknown = next[parent];
    next = world.rows(model.name).find((other) => other.id === above);
  }
  return passed;
}

function relatedRows(
  name: string,
  model: Model,
  row: PlainRow,
  world: PlainWorld,
  ...about: readonly unknown[]
): readonly [Model, readonly PlainRow[]] {
  const field = present(world.registry.field(model, name), `${model.name}.${name}`);
  const target = world.registry.model(field.target ?? "");
  const all = world.rows(target.name).filter((other) => world.visible(target.name, other));
  if (field.kind === "many2one") return [target, all.filter((other) => other.id === row[name])];
  const current = all.filter((other) => !archivedOut(other, about, world));
  if (field.kind === "one2many")
    return [target, current.filter((other) => other[field.inverse ?? ""] === row.id)];
  return [target, current.filter((other) => (row[name] as readonly number[]).includes(other.id))];
}

/** Whether a record is out because it is archived and the terms about it do not ask for such. */
export function archivedOut(row: PlainRow, about: readonly unknown[], world: PlainWorld): boolean {
  const asked = about.some((term) => Array.isArray(term) && String(term[0]).split(".")[0] === "active");
  return world.archivedHidden && row["active"] === false && !asked;
}

function isNothing(value: unknown): boolean {
  return unsetIn("text", value);
}
