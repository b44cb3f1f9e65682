// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
import type { AccessCode } from "./access-oracle.ts";
import { type Mutant, withMutant } from "./planted-mutant.ts";

/** Mistakes that are easily made in deciding who may do what. */
export const accessMutants: readonly Mutant[] = [
  {
    name: "what no right grants is allowed",
    file: "access/compiled-access.ts",
    from: "const granted = needs[operation]",
    to: "const granted = rights.size > 0 || needs[operation]",
  },
  {
    name: "a right to one operation grants all",
    file: "access/compiled-access.ts",
    from: "for (const operation of right.allow) granted.add(",
    to: 'for (const operation of ["read", "write", "create", "delete"]) granted.add(',
  },
  {
    name: "implied groups are forgotten",
    file: "access/groups.ts",
    from: "for (const key of closed) for",
    to: "for (const key of [...closed].slice(0, 1)) for",
  },
  {
    name: "one global rule is enough",
    file: "access/gate.ts",
    from: "bindActor(every(rules), actor, readable)",
    to: "bindActor({ kind: 'some', terms: rules }, actor, readable)",
  },
  {
    name: "rules of groups must all hold",
    file: "access/compiled-access.ts",
    from: "[some(ofGroups.map((rule) => conditionOf(registry, rule)))]",
    to: "ofGroups.map((rule) => conditionOf(registry, rule))",
  },
  {
    name: "a rule binds every operation",
    file: "access/compiled-access.ts",
    from: "(rule.operations?.includes(operation) ?? true)",
    to: "true",
  },
  {
    name: "rules of groups that the actor does not hold count",
    file: "access/compiled-access.ts",
    from: "rule.groups?.some((group) => groups.has(group)) ?? false",
    to: "rule.groups !== undefined",
  },
  {
    name: "who lacks a value matches what is not set",
    file: "model/condition.ts",
    from: "value === null ? never",
    to: 'value === null ? { kind: "unset", at: condition.at }',
  },
  {
    name: "a secret field is shown",
    file: "access/compiled-access.ts",
    from: "if (field.secret === true) return false;",
    to: "",
  },
  {
    name: "an added right goes beyond what is declared",
    file: "access/added-policy.ts",
    from: "(right) => addedRightProblem(registry, right) === undefined",
    to: "() => true",
  },
  {
    name: "whoever comes in by an added right is bound by the rules of no group",
    file: "access/compiled-access.ts",
    from: "ofGroups: rules.filter((rule) => rule.groups !== undefined) }",
    to: "ofGroups: [] }",
  },
  {
    name: "an added rule is forgotten",
    file: "access/compiled-access.ts",
    from: "[declared, added].flatMap(",
    to: "[declared].flatMap(",
  },
  {
    name: "an added rule widens: one of it and the declared ones is enough",
    file: "access/compiled-access.ts",
    from: "[declared, added].flatMap(",
    to: "[{ global: declared.global, ofGroups: [...declared.ofGroups, ...added.ofGroups] }].flatMap(",
  },
  {
    name: "an added rule that fits no more is left out",
    file: "access/added-policy.ts",
    from: "? rule : { ...rule, condition: shut }",
    to: '? rule : { ...rule, condition: "true" }',
  },
  {
    name: "who may read may export",
    file: "access/compiled-access.ts",
    from: 'export: ["export", "read"]',
    to: 'export: ["read"]',
  },
  {
    name: "records of a model that may not be read count behind a relation",
    file: "access/gate.ts",
    from: "return access.allowed ? access.rule : never;",
    to: "return access.allowed ? access.rule : null;",
  },
  {
    name: "unequal is asked of some record on the path",
    file: "expressions/rule-comparison.ts",
    from: 'return not(path.reach(not({ kind: "unset", at: path.at })));',
    to: 'return path.reach({ kind: "unset", at: path.at });',
  },
];

/** Runs `work` with the access and domain code in which the mistake is planted. */
export function withAccessMutant(mutant: Mutant, work: (code: AccessCode) => Promise<void>): Promise<void> {
  return withMutant(mutant, async (load) => {
    const { gate } = await load<Pick<AccessCode, "gate">>("access/gate.ts");
    const { closeGroups } = await load<Pick<AccessCode, "closeGroups">>("access/groups.ts");
    const { parseDomain } = await load<Pick<AccessCode, "parseDomain">>("model/domain.ts");
    const { conditionSql } = await load<Pick<AccessCode, "conditionSql">>("model/condition-sql.ts");
    const context = await load<Pick<AccessCode, "Aliases" | "unruled">>("model/condition-context.ts");
    const { addedPolicy } = await load<Pick<AccessCode, "addedPolicy">>("access/added-policy.ts");
    return work({ gate, closeGroups, addedPolicy, parseDomain, conditionSql, ...context });
  });
}
