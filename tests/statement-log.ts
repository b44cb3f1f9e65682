import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** What PostgreSQL wrote of the statements that it ran. */
export interface LoggedStatements {
  /** Statements in all. */
  readonly statements: number;
  /** Texts of statements that hold what they must not. */
  readonly found: readonly string[];
  /** Statements whose parameters hold it: that it came so far at all. */
  readonly inParameters: number;
  readonly errors: readonly string[];
}

const entry =
  /^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] (?:\S+ )?(LOG|DETAIL|STATEMENT|ERROR|CONTEXT|HINT|FATAL|WARNING):\s+(.*)$/;
const maxKept = 20;

/** Reads a log of `log_statement = all`, one line after the other: it may be larger than memory. */
export async function readStatementLog(file: string, forbidden: string): Promise<LoggedStatements> {
  const found: string[] = [];
  const errors: string[] = [];
  let [statements, inParameters] = [0, 0];
  let kind: "statement" | "parameters" | "other" = "other";
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, level, text = ""] = entry.exec(line) ?? [];
    if (level !== undefined) {
      const isStatement =
        level === "STATEMENT" || (level === "LOG" && /^(?:execute|statement|duration)/.test(text));
      kind = isStatement
        ? "statement"
        : level === "DETAIL" && /^[Pp]arameters/.test(text)
          ? "parameters"
          : "other";
      if (isStatement) statements += 1;
      if (level === "ERROR" && errors.length < maxKept) errors.push(text);
    }
    if (!line.includes(forbidden)) continue;
    if (kind === "statement" && found.length < maxKept) found.push(line.slice(0, 500));
    if (kind === "parameters") inParameters += 1;
  }
  return { statements, found, inParameters, errors };
}
