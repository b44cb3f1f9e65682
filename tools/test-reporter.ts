/**
 * What a run of `node --test` prints here: one line a file, every failure in full, the slowest tests,
 * and the totals as JSON in the file that HOLDFAST_TOTALS names. Used with --test-reporter.
 */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { inspect, styleText } from "node:util";

/** The counts of one run, of leaf tests only. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const slowMs = 2_000;

interface FileCount {
  passed: number;
  failed: number;
  ms: number;
}

/** Turns the runner's events into lines. */
async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, FileCount>();
  const slow: Array<{ name: string; ms: number }> = [];
  let skipped = 0;
  for await (const event of source) {
    if (event.type === "test:pass" || event.type === "test:fail") {
      const { name, details, file, skip } = event.data;
      const error = event.type === "test:fail" ? event.data.details.error : undefined;
      if (details.type === "suite") continue;
      const isFileItself = name === file;
      if (skip !== undefined && skip !== false) skipped += 1;
      if (error) yield failure(name, file, error);
      else if (isFileItself) continue;
      count(files, file ?? "", event.type === "test:pass", details.duration_ms);
      if (details.duration_ms > slowMs) slow.push({ name, ms: details.duration_ms });
    } else if (event.type === "test:stderr" || event.type === "test:stdout") {
      if (event.data.message.trim() !== "") yield styleText("dim", event.data.message);
    }
  }
  yield* lines(files, slow);
  save(files, skipped);
}

function count(files: Map<string, FileCount>, file: string, passed: boolean, ms: number): void {
  const counted = files.get(file) ?? { passed: 0, failed: 0, ms: 0 };
  counted.passed += passed ? 1 : 0;
  counted.failed += passed ? 0 : 1;
  counted.ms += ms;
  files.set(file, counted);
}

function failure(name: string, file: string | undefined, error: unknown): string {
  const cause = error instanceof Error && error.cause ? error.cause : error;
  const where = file ? relative(process.cwd(), file) : "";
  const body = inspect(cause, { depth: 6 }).replaceAll("\n", "\n    ");
  return `${styleText("red", "✖")} ${where}: ${name}\n    ${body}\n`;
}

function* lines(files: Map<string, FileCount>, slow: Array<{ name: string; ms: number }>): Generator<string> {
  for (const [file, { passed, failed, ms }] of [...files].sort()) {
    const mark = failed > 0 ? styleText("red", "✖") : styleText("green", "✔");
    const counts = failed > 0 ? `${passed} passed, ${failed} failed` : `${passed}`;
    yield `${mark} ${relative(process.cwd(), file)} ${styleText("dim", `${counts} · ${Math.round(ms)} ms`)}\n`;
  }
  for (const { name, ms } of slow.sort((one, other) => other.ms - one.ms).slice(0, 5)) {
    yield styleText("dim", `  slow: ${(ms / 1000).toFixed(1)} s ${name}\n`);
  }
}

function save(files: Map<string, FileCount>, skipped: number): void {
  const path = process.env["HOLDFAST_TOTALS"];
  if (!path) return;
  const all = [...files.values()];
  const failed = all.reduce((sum, file) => sum + file.failed, 0);
  const passed = all.reduce((sum, file) => sum + file.passed, 0) - skipped;
  writeFileSync(path, JSON.stringify({ passed, failed, skipped } satisfies Totals));
}

// node --test loads a reporter by the default export of its module.
// biome-ignore lint/style/noDefaultExport: the runner's contract
export default report;
