// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text
import type { DomainCode } from "./domain-oracle.ts";
import { type Mutant, withMutant } from "./planted-mutant.ts";

/** Mistakes that are easily made in reading and compiling domains. */
export const domainMutants: readonly Mutant[] = [
  {
    name: "a negated comparison forgets null",
    file: "model/condition-sql.ts",
    from: "return sql`(${left} ${complements[term.operator]} ${right} OR ${left} IS NULL)`;",
    to: "return sql`${left} ${complements[term.operator]} ${right}`;",
  },
  {
    name: "a negated list forgets null",
    file: "model/condition-sql.ts",
    from: "(${left} <> ALL(${list}) OR ${left} IS NULL)",
    to: "${left} <> ALL(${list})",
  },
  {
    name: "the complement of at most is at least",
    file: "model/condition-sql.ts",
    from: '"<=": sql`>`, ">"',
    to: '"<=": sql`>=`, ">"',
  },
  {
    name: "a wildcard's escape is lost",
    file: "model/domain-text.ts",
    from: "const text = closeEscape(",
    to: 'const text = ((pattern: string) => pattern.replaceAll("\\\\", ""))(',
  },
  {
    name: "a pattern is not folded",
    file: "model/condition-sql.ts",
    from: "foldText(term.pattern)",
    to: "term.pattern",
  },
  {
    name: "and stays and under a negation",
    file: "model/condition-sql.ts",
    from: 'positive ? " AND " : " OR "',
    to: '" AND "',
  },
  {
    name: "or is read as and",
    file: "model/domain.ts",
    from: "some(terms)",
    to: "every(terms)",
  },
  {
    name: "a join forgets the rule of its records",
    file: "model/condition-source.ts",
    from: "${write(term.condition, { ...context, alias })}${rule(target, alias, context, write)}",
    to: "${write(term.condition, { ...context, alias })}",
  },
  {
    name: "a walk down a tree forgets the rule",
    seed: 2,
    file: "model/condition-source.ts",
    from: "WHERE TRUE${rule(parent.model, next, context, write)}",
    to: "WHERE TRUE",
  },
  {
    name: "the roots of a tree forget the rule",
    file: "model/condition-source.ts",
    from: "${roots}${rule(parent.model, root, context, write)}",
    to: "${roots}",
  },
  {
    name: "a many2many is read from its other side",
    file: "model/condition-source.ts",
    from: "${row}.id = ${pair}.right_id WHERE ${pair}.left_id",
    to: "${row}.id = ${pair}.left_id WHERE ${pair}.right_id",
  },
  {
    name: "the empty text counts as set",
    file: "model/condition-sql.ts",
    from: "positive ? sql`(${value} IS NULL OR ${value} = '')` : sql`${value} <> ''`",
    to: "positive ? sql`${value} IS NULL` : sql`${value} IS NOT NULL`",
  },
  {
    name: "a text is read in the source language alone",
    file: "model/keyed.ts",
    from: "return language === sourceLanguage ? source :",
    to: "return language !== undefined ? source :",
  },
  {
    name: "a language without a text of its own has none",
    file: "model/keyed.ts",
    from: "sql`COALESCE(${column} ->> ${literal(language)}, ${source})`",
    to: "sql`(${column} ->> ${literal(language)})`",
  },
  {
    name: "a company sees the value of all others",
    seed: 15,
    file: "model/keyed.ts",
    from: "THEN ${column} ->> ${key} ELSE ${all} END",
    to: "THEN ${all} ELSE ${all} END",
  },
  {
    name: "what a company has unset falls back to all others'",
    seed: 3,
    file: "model/keyed.ts",
    from: "(CASE WHEN ${column} ? ${key} THEN ${column} ->> ${key} ELSE ${all} END)",
    to: "COALESCE(${column} ->> ${key}, ${all})",
  },
  {
    name: "a reference leads to a record of any model with that number",
    seed: 4,
    file: "model/record-reference.ts",
    from: "WHEN split_part(${reference}, ',', 1) = ${literal(target.name)} THEN",
    to: "WHEN true THEN",
  },
  {
    name: "a reference counts whose record is hidden or gone",
    seed: 5,
    file: "model/domain-reference.ts",
    from: "return not(some(targets.map((target) => behind(at, target, always))));",
    to: 'return targets.length < 0 ? always : { kind: "unset", at };',
  },
  {
    name: "a day of a moment ends where it begins",
    file: "model/domain-scalar.ts",
    from: 'ordered(at, "<=", day, reader)',
    to: 'ordered(at, "<", day, reader)',
  },
  {
    name: "a related field that leads nowhere is not one that is not set",
    file: "model/domain-term.ts",
    from: "return holdsUnset(holds) ? some([reach(holds), not(reach(always))]) : reach(holds);",
    to: "return reach(holds);",
  },
  {
    name: "a rule's own path passes the rules of others",
    seed: 10,
    file: "model/condition-source.ts",
    from: "ruleOf: unruled })}`;",
    to: "ruleOf: (other) => (other === model ? null : context.ruleOf(other)) })}`;",
  },
];

/** Runs `work` with the domain code in which the mistake is planted. */
export function withDomainMutant(mutant: Mutant, work: (code: DomainCode) => Promise<void>): Promise<void> {
  return withMutant(mutant, async (load) => {
    const { parseDomain } = await load<Pick<DomainCode, "parseDomain">>("model/domain.ts");
    const { conditionSql } = await load<Pick<DomainCode, "conditionSql">>("model/condition-sql.ts");
    const context = await load<Pick<DomainCode, "Aliases" | "unruled">>("model/condition-context.ts");
    return work({ parseDomain, conditionSql, ...context });
  });
}
