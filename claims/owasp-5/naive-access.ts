import type { AccessOperation } from "@holdfast/framework/access/policy";
import type { Registry } from "@holdfast/framework/model/registry";

/** A record as the database has it: relations as ids. */
export type NaiveRow = Readonly<Record<string, unknown>> & { readonly id: number };

/** Who is asked about. */
export interface NaivePerson {
  readonly groups: ReadonlySet<string>;
  /** What rules may ask of a person, by its name there: `user_id`, `company_ids`. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** All rows of all models, by model and id. */
export type NaiveWorld = ReadonlyMap<string, ReadonlyMap<number, NaiveRow>>;

/**
 * Who may do what, worked out by reading the declarations anew and filtering all rows here: shares nothing with the
 * gate, its parser or its compiler. Understands what declared rules use: `||`, `&&`, `==`, `in`, paths, constants.
 */
export class NaiveAccess {
  readonly #registry: Registry;
  readonly #world: NaiveWorld;

  constructor(registry: Registry, world: NaiveWorld) {
    this.#registry = registry;
    this.#world = world;
  }

  /** Groups with all that they imply. */
  closed(groups: readonly string[]): ReadonlySet<string> {
    const all = new Set(groups);
    for (const key of all)
      for (const implied of this.#registry.groups.get(key)?.implies ?? []) all.add(implied);
    return all;
  }

  /** Whether any right grants the operation on the model at all. */
  granted(person: NaivePerson, model: string, operation: AccessOperation): boolean {
    return this.#registry.apps
      .flatMap((app) => app.rights ?? [])
      .some(
        (right) => right.model === model && right.allow.includes(operation) && person.groups.has(right.group),
      );
  }

  /** Whether the operation on this very record is allowed. */
  allows(person: NaivePerson, model: string, operation: AccessOperation, row: NaiveRow): boolean {
    if (!this.granted(person, model, operation)) return false;
    const rules = this.#registry.apps
      .flatMap((app) => app.rules ?? [])
      .filter((rule) => rule.model === model && (rule.operations ?? [operation]).includes(operation));
    const holds = (condition: string) => this.#meets(condition, { model, row, person });
    const mine = rules.filter((rule) => rule.groups?.some((group) => person.groups.has(group)));
    return (
      rules.filter((rule) => rule.groups === undefined).every((rule) => holds(rule.condition)) &&
      (mine.length === 0 || mine.some((rule) => holds(rule.condition)))
    );
  }

  #meets(condition: string, at: Place): boolean {
    return condition.split("||").some((any) => any.split("&&").every((all) => this.#holds(all.trim(), at)));
  }

  #holds(term: string, at: Place): boolean {
    if (term === "true" || term === "false") return term === "true";
    const [, left = "", operator = "", right = ""] = /^([\w.]+)\s+(==|!=|in)\s+([\w.]+)$/.exec(term) ?? [];
    if (operator === "") throw new Error(`the naive model does not understand the rule "${term}"`);
    const [a, b] = [this.#value(left, at), this.#value(right, at)];
    if (operator === "in") return Array.isArray(b) && a !== null && b.includes(a);
    // A right that rests on what is not known on either side is none.
    const equal = right === "null" ? a === null : a !== null && a === b;
    return operator === "==" ? equal : !equal;
  }

  /** Names of what a person may read: models, or fields as `res.partner.name`. */
  #told(person: NaivePerson, path: string): readonly string[] {
    const models = [...this.#registry.models.values()].filter(({ name }) =>
      this.granted(person, name, "read"),
    );
    if (path === "actor.models") return models.map(({ name }) => name);
    return models.flatMap((model) => {
      const own = Object.entries(model.fields).filter(
        ([, field]) =>
          field.secret !== true &&
          (field.groups ?? [...person.groups]).some((group) => person.groups.has(group)),
      );
      return [...automatic, ...own.map(([name]) => name)].map((name) => `${model.name}.${name}`);
    });
  }

  #value(path: string, { model, row, person }: Place): unknown {
    if (path === "null") return null;
    if (path === "true" || path === "false") return path === "true";
    if (/^\d+$/.test(path)) return Number(path);
    if (path === "actor.models" || path === "actor.fields") return this.#told(person, path);
    if (path.startsWith("actor.")) return person.values[path.slice("actor.".length)] ?? null;
    const [name = "", ...rest] = path.split(".");
    const value = row[name] ?? null;
    if (rest.length === 0) return value;
    const target = this.#registry.models.get(model)?.fields[name]?.target ?? "";
    const next = this.#world.get(target)?.get(Number(value));
    return next === undefined ? null : this.#value(rest.join("."), { model: target, row: next, person });
  }
}

const automatic = ["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"];

interface Place {
  readonly model: string;
  readonly row: NaiveRow;
  readonly person: NaivePerson;
}
