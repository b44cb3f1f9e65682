import { type BinaryOperator, type Expression, expressionFault, expressionLimits } from "./expression.ts";
import { type Token, tokenize } from "./lexer.ts";

/** How tightly each operator binds. Comparisons do not chain. */
const binding: Readonly<Record<BinaryOperator, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  in: 3,
};
const comparison = 3;

/**
 * Reads an expression: the syntax of CEL, of which it is a part.
 *
 * @throws `invalid` with the character where reading stopped.
 */
export function parseExpression(source: string): Expression {
  const parser = new Parser(tokenize(source));
  const expression = parser.binary(1, 0);
  parser.end();
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#peek.kind !== "end") throw this.#unexpected("an operator or the end");
  }

  binary(least: number, depth: number): Expression {
    this.#checkDepth(depth);
    let left = this.#unary(depth);
    for (let operator = this.#operator(); operator !== undefined; operator = this.#operator()) {
      const tightness = binding[operator];
      if (tightness < least) break;
      const { at } = this.#take();
      const right = this.binary(tightness + 1, depth + 1);
      left = { kind: "binary", at, operator, left, right };
      if (tightness === comparison && this.#comparesAgain())
        throw expressionFault(this.#peek.at, "comparisons do not chain", 'join two comparisons with "&&"');
    }
    return left;
  }

  #unary(depth: number): Expression {
    if (this.#is("!")) {
      const { at } = this.#take();
      this.#checkDepth(depth);
      return { kind: "not", at, operand: this.#unary(depth + 1) };
    }
    return this.#primary(depth);
  }

  #primary(depth: number): Expression {
    this.#checkDepth(depth);
    const token = this.#peek;
    if (!startsValue(token)) throw this.#unexpected("a value");
    this.#take();
    if (token.kind === "number") return number(token, token.text);
    if (token.kind === "text") return { kind: "literal", at: token.at, value: token.text };
    if (token.kind === "name") return this.#name(token);
    if (token.text === "-") return this.#negative(token);
    if (token.text === "[") return { kind: "list", at: token.at, items: this.#items(depth) };
    const inner = this.binary(1, depth + 1);
    this.#expect(")");
    return inner;
  }

  #name(token: Token): Expression {
    if (token.text === "true" || token.text === "false")
      return { kind: "literal", at: token.at, value: token.text === "true" };
    if (token.text === "null") return { kind: "literal", at: token.at, value: null };
    const steps = [token.text];
    while (this.#is(".")) {
      this.#take();
      if (this.#peek.kind !== "name") throw this.#unexpected("a field");
      steps.push(this.#take().text);
    }
    return { kind: "path", at: token.at, steps };
  }

  #negative(sign: Token): Expression {
    if (this.#peek.kind !== "number") throw this.#unexpected("a number");
    return number(sign, `-${this.#take().text}`);
  }

  #items(depth: number): Expression[] {
    const items: Expression[] = [];
    while (!this.#is("]")) {
      if (items.length > 0) this.#expect(",");
      items.push(this.#primary(depth + 1));
      if (items.length > expressionLimits.listItems)
        throw expressionFault(this.#peek.at, `a list has at most ${expressionLimits.listItems} items`);
    }
    this.#take();
    return items;
  }

  #checkDepth(depth: number): void {
    if (depth > expressionLimits.depth)
      throw expressionFault(this.#peek.at, `is nested more than ${expressionLimits.depth} deep`);
  }

  #comparesAgain(): boolean {
    const operator = this.#operator();
    return operator !== undefined && binding[operator] === comparison;
  }

  #operator(): BinaryOperator | undefined {
    const { kind, text } = this.#peek;
    const known = (kind === "symbol" || text === "in") && kind !== "text" && Object.hasOwn(binding, text);
    return known ? (text as BinaryOperator) : undefined;
  }

  get #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #is(symbol: string): boolean {
    return this.#peek.kind === "symbol" && this.#peek.text === symbol;
  }

  #take(): Token {
    const token = this.#peek;
    if (token.kind !== "end") this.#next += 1;
    return token;
  }

  #expect(symbol: string): void {
    if (!this.#is(symbol)) throw this.#unexpected(`"${symbol}"`);
    this.#take();
  }

  #unexpected(wanted: string) {
    const { kind, text, at } = this.#peek;
    return expressionFault(
      at,
      `${wanted} is wanted here, not ${kind === "end" ? text : JSON.stringify(text)}`,
    );
  }
}

function startsValue({ kind, text }: Token): boolean {
  if (kind === "symbol") return text === "(" || text === "[" || text === "-";
  return kind !== "end" && !(kind === "name" && text === "in");
}

function number(token: Token, digits: string): Expression {
  const value = Number(digits);
  if (!digits.includes(".") && Number.isSafeInteger(value)) return { kind: "literal", at: token.at, value };
  return { kind: "decimal", at: token.at, digits };
}
