import { parseArgs } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";

/** One option of a command, declared once: parsing, refusals and help come from here. */
export interface OptionDeclaration {
  readonly name: string;
  /** Name of its value in the help, as in `--port N`; absent for a switch. */
  readonly value?: string;
  readonly help: string;
}

export type OptionValues = Readonly<Record<string, string | true | undefined>>;

export interface Parsed {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
}

/** @throws ExpectedError `bad_request` that names the nearest known option. */
export function parseOptions(argv: readonly string[], declared: readonly OptionDeclaration[]): Parsed {
  const types = declared.map(
    ({ name, value }) => [name, { type: value ? ("string" as const) : ("boolean" as const) }] as const,
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(types),
    strict: false,
    tokens: true,
  });
  const options: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const known = declared.find(({ name }) => token.name === name);
    if (!known) throw unknownOption(token.name, declared);
    if (known.value && (token.value === undefined || token.value === ""))
      throw new ExpectedError("bad_request", `--${known.name} needs a value: --${known.name} ${known.value}`);
    if (!known.value && token.value !== undefined)
      throw new ExpectedError("bad_request", `--${known.name} takes no value`);
    options[known.name] = token.value ?? true;
  }
  return { options, positionals };
}

/** The refusal of an option that a command does not know. */
export function unknownOption(name: string, declared: readonly OptionDeclaration[]): ExpectedError {
  const known = nearest(
    name,
    declared.map((option) => option.name),
  );
  return new ExpectedError("bad_request", `there is no option "--${name}" here`, {
    hint: known ? `did you mean --${known}?` : "--help lists them",
  });
}

/** @returns the candidate that is at most three edits away and the closest; undefined when none is. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: edits(word, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0] && ranked[0].edits <= 3 ? ranked[0].candidate : undefined;
}

/** Levenshtein's distance. Both words are command names: short. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The options as aligned lines of a help text. */
export function optionLines(declared: readonly OptionDeclaration[]): string {
  const left = ({ name, value }: OptionDeclaration): string => `  --${name}${value ? ` ${value}` : ""}`;
  const width = Math.max(...declared.map((option) => left(option).length)) + 2;
  return declared.map((option) => `${left(option).padEnd(width)}${option.help}\n`).join("");
}
