import type { Config, DataFolder } from "@holdfast/protocol/data-folder";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import type { OptionDeclaration, OptionValues } from "../option-table.ts";
import type { Screen } from "../terminal.ts";

/** A word after the command's name. */
export interface ArgumentDeclaration {
  readonly name: string;
  readonly optional?: true;
  /** Takes all that follow; only the last one may. */
  readonly many?: true;
}

/** What a command says: the same as one object and as a text. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** 0 unless said: 1 where what was asked about is not well. */
  readonly exitCode?: number;
}

/** What a command works with. */
export interface CommandContext {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly screen: Screen;
  readonly options: OptionValues;
  /** The words, in the order of the declaration; an optional one that is missing is absent. */
  readonly words: readonly string[];
  /** Asks control, showing progress under a title. */
  readonly control: <M extends Method>(method: M, input: InputOf<M>, title?: string) => Promise<OutputOf<M>>;
  /** For what goes on for ever (`logs --follow`): writes to standard output at once. */
  readonly write: (text: string) => void;
}

/** One command, declared once: what is typed, what it does, what help says. */
export interface Command {
  /** "customer create". */
  readonly name: string;
  readonly help: string;
  readonly arguments: readonly ArgumentDeclaration[];
  readonly options: readonly OptionDeclaration[];
  readonly run: (context: CommandContext) => Promise<Answer>;
}

/** A list as aligned columns; an empty one says so. */
export function table(rows: readonly (readonly string[])[], head: readonly string[], empty: string): string {
  if (rows.length === 0) return `${empty}\n`;
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
