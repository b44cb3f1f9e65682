import type { AccessOperation } from "@holdfast/framework/access/policy";
import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import type { Registry } from "@holdfast/framework/model/registry";
import { type NaiveRow, type NaiveWorld, naiveMeets } from "./naive-rule.ts";

/** Who is asked about. */
export interface NaivePerson {
  readonly groups: ReadonlySet<string>;
  /** What rules may ask of a person, by its name there: `user_id`, `company_ids`. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Who may do what, worked out by reading the declarations anew and filtering all rows here: shares nothing with the
 * gate, its parser or its compiler; rules are read by {@link naiveMeets}.
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

  #meets(condition: string, { person, ...at }: Place): boolean {
    const actor = (name: string) =>
      name === "models" || name === "fields" ? this.#told(person, `actor.${name}`) : person.values[name];
    return naiveMeets(condition, { ...at, registry: this.#registry, world: this.#world, actor });
  }

  #shown(person: NaivePerson, { secret, groups }: Field): boolean {
    return secret !== true && (groups ?? [...person.groups]).some((group) => person.groups.has(group));
  }

  /** Whether each step of a path may be read: a field that stands for it exists for nobody else. */
  #leads(person: NaivePerson, model: Model, [step, ...rest]: readonly string[]): boolean {
    if (step === undefined) return true;
    const field = this.#registry.field(model, step);
    if (!this.granted(person, model.name, "read") || (field !== undefined && !this.#shown(person, field)))
      return false;
    return rest.length === 0 || this.#leads(person, this.#registry.model(field?.target ?? ""), rest);
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
          this.#shown(person, field) &&
          this.#leads(person, model, field.related?.split(".") ?? []) &&
          Object.keys(field.computed?.from ?? {}).every((source) =>
            this.#leads(person, model, (model.fields[source]?.related ?? source).split(".")),
          ),
      );
      return [...automatic, ...own.map(([name]) => name)].map((name) => `${model.name}.${name}`);
    });
  }
}

const automatic = ["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"];

interface Place {
  readonly model: string;
  readonly row: NaiveRow;
  readonly person: NaivePerson;
}
