import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { styleText } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import { nearest } from "../option-table.ts";
import type { Command, CommandContext } from "./command.ts";

const defaultLines = 50;
const followMilliseconds = 300;

/** `logs`: what the parts said last, all together in the order of time or one alone. */
export const logs: Command = {
  name: "logs",
  help: "what the parts said last",
  arguments: [{ name: "PART", optional: true }],
  options: [
    { name: "lines", value: "N", help: `how many (default ${defaultLines})` },
    { name: "follow", help: "go on as they say more; Ctrl-C ends it" },
  ],
  async run(context) {
    const files = chosenFiles(context);
    const most = Number(context.options["lines"] ?? defaultLines);
    const entries = files
      .flatMap((file) => linesOf(file).slice(-most))
      .sort(byTime)
      .slice(-most);
    if (context.options["follow"] === true) return follow(context, files, entries);
    return { json: { lines: entries.map((line) => line.json) }, text: entries.map(print).join("") };
  },
};

interface Line {
  readonly time: string;
  readonly part: string;
  readonly json: Readonly<Record<string, unknown>>;
}

function chosenFiles({ folder, words: [part] }: CommandContext): string[] {
  const names = existsSync(folder.logs)
    ? readdirSync(folder.logs).filter((name) => name.endsWith(".log"))
    : [];
  const parts = names.map((name) => basename(name, ".log"));
  if (part !== undefined && !parts.includes(part)) {
    const close = nearest(part, parts);
    throw new ExpectedError("not_found", `there is no log of "${part}"`, {
      hint: close ? `did you mean ${close}?` : `there are: ${parts.join(", ")}`,
    });
  }
  return names
    .filter((name) => part === undefined || name === `${part}.log`)
    .map((name) => join(folder.logs, name));
}

/** What is no JSON (PostgreSQL's lines, a stack of a dying process) is a message of its own. */
function linesOf(file: string, fromByte = 0): Line[] {
  const part = basename(file, ".log");
  const text = readFileSync(file).subarray(fromByte).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parse(line, part));
}

function parse(line: string, part: string): Line {
  try {
    const json = JSON.parse(line) as Record<string, unknown>;
    return { time: String(json["time"] ?? ""), part: String(json["part"] ?? part), json };
  } catch {
    const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+) UTC/.exec(line);
    return { time: time ? `${time[1]}T${time[2]}Z` : "", part, json: { part, message: line } };
  }
}

const byTime = (a: Line, b: Line): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

function print({ time, part, json }: Line): string {
  const { time: _time, part: _part, level, message, ...rest } = json;
  const color = level === "error" ? "red" : level === "warn" ? "yellow" : "reset";
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : "";
  return `${time.slice(0, 19).padEnd(19)} ${part.padEnd(10)} ${styleText(color, String(message ?? ""))}${fields}\n`;
}

async function follow(
  { write }: CommandContext,
  files: readonly string[],
  entries: readonly Line[],
): Promise<never> {
  const read = new Map(files.map((file) => [file, statSync(file).size]));
  for (const entry of entries) write(print(entry));
  for (;;) {
    await wait(followMilliseconds);
    for (const [file, from] of read) {
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      // Shorter than before: it was set aside and began anew.
      if (size !== from) for (const line of linesOf(file, size > from ? from : 0)) write(print(line));
      read.set(file, size);
    }
  }
}
