import { assert } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { ruleCondition } from "../../expressions/rule-condition.ts";
import { automaticFields } from "../../model/automatic.ts";
import { type Condition, isActorValue } from "../../model/condition.ts";
import { Aliases, unruled } from "../../model/condition-context.ts";
import { conditionSql } from "../../model/condition-sql.ts";
import { plainView } from "../../model/keyed.ts";
import type { Model } from "../../model/model.ts";
import type { Registry } from "../../model/registry.ts";
import { tableOf } from "../../model/storage.ts";
import { compile, literal } from "../sql.ts";

/** A check as PostgreSQL takes it, and the columns that it speaks of. */
export interface CheckText {
  readonly columns: readonly string[];
  readonly condition: string;
}

/**
 * Writes the condition of a check constraint: no parameters are taken there, so that values become literals.
 *
 * @throws `invalid` when it asks for more than stored fields of the record itself.
 */
export function checkText(model: Model, text: string): CheckText {
  const condition = ownCondition(model, text);
  const columns = [...new Set(columnsOf(condition))];
  const place = { alias: tableOf(model), aliases: new Aliases(plainView), ruleOf: unruled };
  const { text: sql, values } = compile(conditionSql(condition, place));
  return { columns, condition: sql.replace(/\$(\d+)/g, (_all, n: string) => inlined(values[Number(n) - 1])) };
}

/**
 * Reads a condition on stored fields of the record itself, the same for whoever asks.
 *
 * @throws `invalid` when it asks for more.
 */
export function ownCondition(model: Model, text: string): Condition {
  const condition = ruleCondition(text, model, onlyThis(model));
  columnsOf(condition);
  return condition;
}

function inlined(value: unknown): string {
  const list = Array.isArray(value) ? value : [value];
  const texts = list.map((one) => {
    assert(typeof one === "string" || typeof one === "number", "a check compares with texts and numbers");
    return compile(literal(typeof one === "number" ? String(one) : one)).text;
  });
  return Array.isArray(value) ? `ARRAY[${texts.join(", ")}]` : (texts[0] as string);
}

function columnsOf(condition: Condition): string[] {
  switch (condition.kind) {
    case "constant":
      return [];
    case "every":
    case "some":
      return condition.terms.flatMap(columnsOf);
    case "not":
      return columnsOf(condition.term);
    case "related":
    case "tree":
      throw onlyOwn();
    case "compare":
      if (isActorValue(condition.value)) throw onlyOwn();
      return [condition.at.name];
    case "in":
      if (isActorValue(condition.values)) throw onlyOwn();
      return [condition.at.name];
    default:
      return [condition.at.name];
  }
}

function onlyOwn(): ExpectedError {
  return new ExpectedError("invalid", "a check asks for stored fields of the record itself only");
}

/** A check sees no other model, so that it needs no registry. */
function onlyThis(model: Model): Registry {
  return {
    apps: [],
    models: new Map([[model.name, model]]),
    groups: new Map(),
    model: () => {
      throw onlyOwn();
    },
    field: (_model, name) => (Object.hasOwn(model.fields, name) ? model.fields[name] : automaticFields[name]),
    schemaDigest: "",
  };
}
