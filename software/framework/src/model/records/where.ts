import { present } from "@holdfast/kernel/assert";
import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Condition } from "../condition.ts";
import { Aliases, unruled } from "../condition-context.ts";
import { conditionSql } from "../condition-sql.ts";
import { parseDomain } from "../domain.ts";
import type { Domain } from "../environment.ts";
import type { Field } from "../field.ts";
import { seenValue, viewOf } from "../keyed.ts";
import type { Model } from "../model.ts";
import { columnOf } from "../storage.ts";
import type { Context, Granted } from "./context.ts";

/** Where a condition is asked. */
export interface Place {
  readonly alias: string;
  readonly aliases: Aliases;
}

/** A record rule as terms of a WHERE; a rule's own traversals pass no rules. */
export function ruleTerms(rule: Condition | null, place: Place): Sql[] {
  return rule === null ? [] : [conditionSql(rule, { ...place, ruleOf: unruled })];
}

/** All terms of a search: the rule, the caller's domain, and archived records left out unless asked for. */
export function searchTerms(context: Context, model: Model, search: Search, place: Place): Sql[] {
  const { access, domain, activeOnly } = search;
  const { scope } = context.gate;
  const condition = parseDomain(
    domain,
    model,
    activeOnly === false ? scope : { ...scope, archived: "hidden" },
  );
  const asked = { ...place, ruleOf: (traversed: Model) => context.gate.ruleOf(traversed) };
  return [...ruleTerms(access.rule, place), ...(isAlways(condition) ? [] : [conditionSql(condition, asked)])];
}

export interface Search {
  readonly access: Granted;
  readonly domain: Domain;
  readonly activeOnly: boolean | undefined;
}

/** Archived records stay out of collections. */
export function activeTerms(model: Model, alias: string): Sql[] {
  return model.fields["active"]?.kind === "boolean" ? [column(alias, "active")] : [];
}

function isAlways(condition: Condition): boolean {
  return condition.kind === "constant" && condition.value;
}

const trueSql = sql`TRUE`;

/** `alias."name"`. */
export function column(alias: string, name: string): Sql {
  return sql`${ident(alias)}.${ident(name)}`;
}

/** Aliases of a statement that shows what this actor sees. */
export function aliasesFor({ actor }: Pick<Context, "actor">): Aliases {
  return new Aliases(viewOf(actor));
}

/** The value of a stored field, as the statement's view has it; of `display_name` the field's that names a record. */
export function ownValue(
  { alias, aliases }: Place,
  model: Model,
  { name, field }: { readonly name: string; readonly field: Field },
): Sql {
  const own = columnOf(model, name);
  return seenValue(column(alias, own), model.fields[own] ?? field, aliases.view);
}

/** The name of the record that stands under an alias. */
export function nameOf(place: Place, model: Model): Sql {
  const name = model.displayName;
  return ownValue(place, model, {
    name,
    field: present(model.fields[name], "the field that names a record"),
  });
}

/** Terms as one condition; none means every row. */
export function all(terms: readonly Sql[]): Sql {
  return terms.length === 0 ? trueSql : joinSql(terms, " AND ");
}
