import { ExpectedError } from "@holdfast/kernel/errors";

export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
export type BinaryOperator = ComparisonOperator | "&&" | "||";

/** A parsed expression. `at` is the first character, counted from 0. Plain data: nothing in it can be called. */
export type Expression =
  | { readonly kind: "literal"; readonly at: number; readonly value: string | number | boolean | null }
  /** As written: exact, so that decimals lose nothing. */
  | { readonly kind: "decimal"; readonly at: number; readonly digits: string }
  | { readonly kind: "list"; readonly at: number; readonly items: readonly Expression[] }
  /** `name`, `partner_id.name`, `actor.user_id`. */
  | { readonly kind: "path"; readonly at: number; readonly steps: readonly string[] }
  | { readonly kind: "not"; readonly at: number; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Bounds of one expression: what exceeds them is refused before it costs anything. */
export const expressionLimits = {
  characters: 4_096,
  tokens: 1_024,
  depth: 32,
  listItems: 256,
} as const;

/** An expression that cannot be used. The message counts characters from 1, as people do. */
export function expressionFault(at: number, problem: string, hint?: string): ExpectedError {
  return new ExpectedError(
    "invalid",
    `at character ${at + 1}: ${problem}`,
    hint === undefined ? {} : { hint },
  );
}
