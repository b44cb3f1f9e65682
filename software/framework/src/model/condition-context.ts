import type { Sql } from "../sql/sql.ts";
import type { Condition } from "./condition.ts";
import type { View } from "./keyed.ts";
import type { Model } from "./model.ts";

/** Gives out the table aliases of one statement: `t1`, `t2`, …; one generator for the whole statement. */
export class Aliases {
  /** Whose values the statement sees, of fields that have several. */
  readonly view: View;
  #last = 0;

  constructor(view: View) {
    this.view = view;
  }

  next(): string {
    this.#last += 1;
    return `t${this.#last}`;
  }
}

export interface ConditionContext {
  /** Alias of the row that is asked about. */
  readonly alias: string;
  readonly aliases: Aliases;
  /** Rule of the records of a traversed model; {@link unruled} inside a rule, a gate's `ruleOf` for callers. */
  readonly ruleOf: (model: Model) => Condition | null;
}

/** No rule on traversed models: for record rules themselves (else they recurse) and for system scopes. */
export function unruled(): null {
  return null;
}

/** How a condition inside a condition is written. */
export type WriteCondition = (condition: Condition, context: ConditionContext) => Sql;
