import { expressionFault, expressionLimits } from "./expression.ts";

export interface Token {
  readonly kind: "name" | "number" | "text" | "symbol" | "end";
  /** For texts the content, escapes resolved. */
  readonly text: string;
  readonly at: number;
}

const pattern =
  /[ \t\r\n]+|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>\d+(?:\.\d+)?)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<symbol>==|!=|<=|>=|&&|\|\||[<>!()[\],.-])/y;
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\", '"': '"', "'": "'" };

/** Cuts an expression into tokens, the last of kind `end`. Linear: no alternative can be tried twice. */
export function tokenize(source: string): Token[] {
  if (source.length > expressionLimits.characters)
    throw expressionFault(0, `an expression has at most ${expressionLimits.characters} characters`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null)
      throw expressionFault(at, `${JSON.stringify(source.slice(at, at + 8))} cannot be read`);
    const token = tokenOf(match, at);
    if (token !== undefined) tokens.push(token);
    if (tokens.length > expressionLimits.tokens)
      throw expressionFault(at, `an expression has at most ${expressionLimits.tokens} words and signs`);
    at = pattern.lastIndex;
  }
  tokens.push({ kind: "end", text: "the end", at });
  return tokens;
}

function tokenOf(match: RegExpExecArray, at: number): Token | undefined {
  const { name, number, text, symbol } = match.groups ?? {};
  if (name !== undefined) return { kind: "name", text: name, at };
  if (number !== undefined) return { kind: "number", text: number, at };
  if (symbol !== undefined) return { kind: "symbol", text: symbol, at };
  return text === undefined ? undefined : { kind: "text", text: unquote(text, at), at };
}

function unquote(quoted: string, at: number): string {
  return quoted.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => {
    const plain = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (plain === undefined) throw expressionFault(at, `"\\${letter}" is no escape in a text`);
    return plain;
  });
}
