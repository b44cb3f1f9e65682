// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
import { type Mutant, withMutant } from "./planted-mutant.ts";

/** A mistake that tells what may not be read. */
export interface Leak extends Mutant {
  /** Attempts of the attacker who bisects that get a value by it; empty where nothing but the name of a field is told. */
  readonly recovers: readonly string[];
}

/** Ways in which peers of this product have leaked what a caller may not read. */
export const leaks: readonly Leak[] = [
  {
    name: "any field can be read",
    recovers: ["salary by read", "token by search", "badge by export"],
    file: "model/records/projection.ts",
    from: "knownField(context, model, name, place.fields)",
    to: "context.registry.field(model, name) ?? knownField(context, model, name, place.fields)",
  },
  {
    name: "any field can be filtered by",
    recovers: [
      "salary by filter",
      "token by negation",
      "token by path",
      "salary by count",
      "salary by groups",
    ],
    file: "model/domain-reader.ts",
    from: "readable.has(name) && readable.has(stored) ?",
    to: "true ?",
  },
  {
    name: "any field can be sorted by",
    recovers: ["salary by order", "token by order"],
    file: "model/records/order.ts",
    from: "knownField(context, model, name, place.fields)",
    to: "context.registry.field(model, name) ?? knownField(context, model, name, place.fields)",
  },
  {
    name: "any field can be grouped by",
    recovers: ["salary by group", "token by group"],
    file: "model/records/group-key.ts",
    from: "knownField(context, model, name, place.fields)",
    to: "context.registry.field(model, name) ?? knownField(context, model, name, place.fields)",
  },
  {
    name: "any field can be aggregated",
    recovers: ["salary by aggregate"],
    file: "model/records/aggregate.ts",
    from: "knownField(context, model, name, place.fields)",
    to: "context.registry.field(model, name) ?? knownField(context, model, name, place.fields)",
  },
  {
    name: "any field can be written, and its uniqueness tried",
    recovers: ["badge by uniqueness"],
    file: "model/records/prepare.ts",
    from: "knownField(context, model, name, access.fields)",
    to: "context.registry.field(model, name) ?? knownField(context, model, name, access.fields)",
  },
  {
    name: "a conflict tells the value of any field",
    recovers: ["salary by conflict", "badge by conflict"],
    file: "model/records/expected.ts",
    from: 'const access = granted(context, model, "read");',
    to: 'context = context.system("a leak"); const access = granted(context, model, "read");',
  },
  {
    name: "an error proposes the names of all fields",
    recovers: [],
    file: "model/records/unknown-field.ts",
    from: "[...allowed].filter(",
    to: "Object.keys(model.fields).filter(",
  },
  {
    name: "a domain's error proposes the names of all fields",
    recovers: [],
    file: "model/domain-reader.ts",
    from: "unknownField(reader.place, model, name, readable)",
    to: "unknownField(reader.place, model, name, Object.keys(model.fields))",
  },
  {
    name: "names of hidden records are shown",
    recovers: ["hiddenName by name"],
    file: "model/records/order.ts",
    from: ", ...ruleTerms(access.rule, { ...place, alias })];",
    to: "];",
  },
  {
    name: "collections hold hidden records",
    recovers: ["there by collection"],
    file: "model/records/projection.ts",
    from: "[link, ...ruleTerms(access.rule, inner), ",
    to: "[link, ",
  },
  {
    name: "the rule is forgotten in a nested reading",
    recovers: ["there by nested", "hiddenAge by nested"],
    file: "model/records/nested.ts",
    from: "const visible = ruleTerms(access.rule, inner);",
    to: "const visible: Sql[] = [];",
  },
  {
    name: "any field can be read behind a relation",
    recovers: ["salary by nested"],
    file: "model/records/nested.ts",
    from: "const inner: ReadPlace = { ...place, alias, fields: access.fields };",
    to: "const inner: ReadPlace = { ...place, alias, fields: new Set([...access.fields, ...Object.keys(target.fields)]) };",
  },
  {
    name: "searches find and count hidden records",
    recovers: ["hiddenAge by filter", "hiddenName by count", "there by search"],
    file: "model/records/where.ts",
    from: "return [...ruleTerms(access.rule, place), ",
    to: "return [",
  },
  {
    name: "a path leads through hidden records",
    recovers: ["hiddenAge by path", "there by path"],
    file: "model/condition-source.ts",
    from: "${write(term.condition, { ...context, alias })}${rule(target, alias, context, write)}",
    to: "${write(term.condition, { ...context, alias })}",
  },
  {
    name: "hidden records are refused in other words than missing ones",
    recovers: ["there by write"],
    seed: 31,
    file: "model/records/hidden.ts",
    from: "exists(context, model, ids)",
    to: 'exists(context.system("a leak"), model, ids)',
  },
];

/** Runs `work` with a data layer that leaks. */
export function withLeak(
  leak: Mutant,
  work: (openData: typeof import("../model/data-source.ts").openData) => Promise<void>,
): Promise<void> {
  return withMutant(leak, async (load) => {
    const { openData } = await load<typeof import("../model/data-source.ts")>("model/data-source.ts");
    return work(openData);
  });
}
