import { styleText } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";

const shownAfterMilliseconds = 1_000;
const lineEveryMilliseconds = 5_000;

/** Where a command shows how far it is; its result goes elsewhere. */
export interface Screen {
  readonly write: (text: string) => void;
  /** A terminal that can rewrite its last line. */
  readonly live: boolean;
}

/** Progress goes to standard error, so that standard output is the result and nothing else. */
export const standardError: Screen = {
  write: (text) => void process.stderr.write(text),
  live: process.stderr.isTTY === true,
};

export interface Step {
  readonly show: (progress: Progress) => void;
}

/**
 * Runs one step of a command and shows it while it takes more than a second: one rewritten line on a
 * terminal, else a line every few seconds. A quick step leaves no trace.
 */
export async function step<T>(screen: Screen, named: string, work: (step: Step) => Promise<T>): Promise<T> {
  const title = quoted(named);
  const started = performance.now();
  let last: Progress | undefined;
  let lineAt = 0;
  const paint = (): void => {
    const elapsed = performance.now() - started;
    if (elapsed < shownAfterMilliseconds) return;
    if (!screen.live && elapsed - lineAt < lineEveryMilliseconds) return;
    lineAt = elapsed;
    const text = `  ${title}${last ? `: ${quoted(describe(last))}` : ""} … ${seconds(elapsed)}`;
    screen.write(screen.live ? `\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${text}\n`);
  };
  const painting = setInterval(paint, 250);
  let done = false;
  try {
    const result = await work({ show: (progress) => (last = progress) });
    done = true;
    return result;
  } finally {
    clearInterval(painting);
    const elapsed = performance.now() - started;
    if (screen.live && elapsed >= shownAfterMilliseconds) screen.write("\r\x1b[K");
    if (elapsed >= shownAfterMilliseconds || !done)
      screen.write(`  ${done ? mark("✓") : mark("✗")} ${title} (${seconds(elapsed)})\n`);
  }
}

/** "checking vaults 2 of 3 copies (67 %)". */
export function describe({ step: name, done, total, unit }: Progress): string {
  if (total === null) return done > 0 ? `${name} ${amount(done, unit)}` : name;
  const percent = total > 0 ? ` (${Math.floor((100 * done) / total)} %)` : "";
  return `${name} ${amount(done, unit === "bytes" ? unit : "")} of ${amount(total, unit)}${percent}`;
}

function amount(count: number, unit: string): string {
  if (unit !== "bytes") return `${count.toLocaleString("en")} ${unit}`.trim();
  if (count < 1_000_000) return `${Math.ceil(count / 1_000)} kB`;
  return count < 1_000_000_000 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

/**
 * Puts `--data` into every command that a text names, so that it can be run as it stands: without it, it would reach
 * another installation, or none.
 *
 * @param data - as it was typed; undefined: the usual place, which needs no word.
 */
export function withPlace(text: string, data: string | undefined): string {
  if (data === undefined) return text;
  const word = /^[\w@%+=:,./-]+$/.test(data) ? data : `'${data.replaceAll("'", `'\\''`)}'`;
  return text.replaceAll(/\bbin\/(?:holdfast|up)\b(?! --data)/g, (command) => `${command} --data ${word}`);
}

const escapeSign = String.fromCharCode(27);
/** All but line ends, tabs and our own colours. */
const steering = new RegExp(String.raw`(?!${escapeSign}\[[\d;]*m)(?![\n\t])[\p{Cc}\p{Bidi_Control}]`, "gu");

/** A text as a terminal may have it: what others wrote in it (the name in a zip, say) steers nothing. */
export function harmless(text: string): string {
  return text.replaceAll(steering, "\u{fffd}");
}

/** What others wrote, as part of a line: it looks like no line and no colour of ours. */
export function quoted(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\u{fffd}");
}

/** What went wrong and what to do, as two lines; a defect with its stack. */
export function explain(error: unknown): string {
  if (!(error instanceof ExpectedError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${styleText("red", "✗")} ${error.message}${error.hint ? `\n  → ${error.hint}` : ""}`;
}

/** The same for a program that asked with --json. */
export function explainAsJson(error: unknown): string {
  if (!(error instanceof ExpectedError))
    return JSON.stringify({ error: { code: "defect", message: String(error) } });
  return JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint } });
}

const mark = (sign: "✓" | "✗"): string =>
  styleText(sign === "✓" ? "green" : "red", sign, { stream: process.stderr });
const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
