import { readFileSync } from "node:fs";

/** One place that breaks a rule, and how often. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly count: number;
  /** One sentence for the person who broke it: what was found, and what to do instead. */
  readonly message: string;
}

/** A finding that was accepted, with the reason; the list may only shrink. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly count: number;
  readonly reason: string;
}

/** Reads the accepted exceptions. Each needs a reason of at least four words. */
export function readExceptions(path: URL | string): Exception[] {
  return JSON.parse(readFileSync(path, "utf8")) as Exception[];
}

/**
 * Compares what breaks a rule with what was accepted.
 *
 * @returns a sentence for each difference, in either direction: an exception that is no longer needed
 * in full must be lowered or deleted, so that the list can only shrink. Empty when all is well.
 */
export function differences(findings: readonly Finding[], accepted: readonly Exception[]): string[] {
  const problems: string[] = [];
  const key = (one: { rule: string; path: string }) => `${one.rule} ${one.path}`;
  const found = Map.groupBy(findings, key);
  const listed = new Map(accepted.map((exception) => [key(exception), exception]));
  for (const [name, group] of found) {
    const count = group.reduce((sum, finding) => sum + finding.count, 0);
    const allowed = listed.get(name)?.count ?? 0;
    if (count > allowed) {
      const limit = allowed > 0 ? ` (${count} found, ${allowed} accepted)` : "";
      problems.push(
        ...group.map((finding) => `${finding.rule}: ${finding.path}: ${finding.message}${limit}`),
      );
    }
  }
  for (const exception of accepted) {
    const count = (found.get(key(exception)) ?? []).reduce((sum, finding) => sum + finding.count, 0);
    if (count < exception.count) {
      problems.push(
        `${exception.rule}: ${exception.path}: ${exception.count} accepted, ${count} found: lower it in tools/exceptions.json`,
      );
    }
    if (exception.reason.trim().split(/\s+/).length < 4) {
      problems.push(`${exception.rule}: ${exception.path}: the exception has no reason; write one sentence`);
    }
  }
  return problems;
}
