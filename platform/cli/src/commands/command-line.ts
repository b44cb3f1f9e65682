import { ExpectedError } from "@holdfast/kernel/errors";
import {
  nearest,
  type OptionDeclaration,
  optionLines,
  type Parsed,
  parseOptions,
  unknownOption,
} from "../option-table.ts";
import { alarmCommands } from "./alarms.ts";
import { backupCommands } from "./backups.ts";
import { claimCommands } from "./claims.ts";
import type { ArgumentDeclaration, Command } from "./command.ts";
import { customerCommands } from "./customers.ts";
import { installationCommands } from "./installation.ts";
import { keyCommands } from "./keys.ts";
import { operationCommands } from "./operations.ts";
import { partsCommands } from "./parts.ts";
import { restoreCommands } from "./restores.ts";
import { schemaCommands } from "./schema.ts";
import { transferCommands } from "./transfers.ts";
import { vaultCommands } from "./vaults.ts";

/** Everything that bin/holdfast can do. */
export const commands: readonly Command[] = [
  ...customerCommands,
  ...backupCommands,
  ...transferCommands,
  ...restoreCommands,
  ...partsCommands,
  ...vaultCommands,
  ...keyCommands,
  ...operationCommands,
  ...schemaCommands,
  ...claimCommands,
  ...alarmCommands,
  ...installationCommands,
];

const everywhere: readonly OptionDeclaration[] = [
  { name: "json", help: "the answer as one JSON object" },
  { name: "data", value: "DIR", help: "the installation's data folder" },
  { name: "help", help: "this text" },
];

/** What was typed, understood. `help` is a text to print instead. */
export type Understood =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "run"; readonly command: Command; readonly parsed: Parsed };

/** @throws ExpectedError `bad_request` that names the nearest command or option, or the missing word. */
export function understand(argv: readonly string[]): Understood {
  // First with the options of all, since they may stand before the command's name.
  const { options, positionals } = parseOptions(argv, anyOptions());
  const command = commandOf(positionals);
  if (!command) {
    if (positionals.length === 0 || options["help"]) return { kind: "help", text: overview(positionals[0]) };
    throw unknown(positionals);
  }
  if (options["help"]) return { kind: "help", text: helpOf(command) };
  const known = [...command.options, ...everywhere];
  for (const name of Object.keys(options))
    if (!known.some((option) => option.name === name)) throw unknownOption(name, known);
  const words = positionals.slice(command.name.split(" ").length);
  refuseWrongWords(command, words);
  return { kind: "run", command, parsed: { options, positionals: words } };
}

function anyOptions(): OptionDeclaration[] {
  const all = [...commands.flatMap(({ options }) => options), ...everywhere];
  return [...new Map(all.map((option) => [option.name, option])).values()];
}

/** The longest name that the words begin with. */
function commandOf(words: readonly string[]): Command | undefined {
  const named = (count: number): Command | undefined =>
    commands.find(({ name }) => name === words.slice(0, count).join(" "));
  return named(2) ?? named(1);
}

function unknown(words: readonly string[]): ExpectedError {
  const typed = words.slice(0, 2).join(" ");
  const group = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  if (group.length > 0 && words.length === 1)
    return new ExpectedError("bad_request", `"${typed}" is the beginning of several commands`, {
      hint: `one of: ${group.map(({ name }) => name).join(", ")}`,
    });
  const close = nearest(
    typed,
    commands.map(({ name }) => name),
  );
  return new ExpectedError("bad_request", `there is no command "${typed}"`, {
    hint: close ? `did you mean: bin/holdfast ${close}` : "bin/holdfast --help lists them",
  });
}

function refuseWrongWords(command: Command, words: readonly string[]): void {
  const needed = command.arguments.filter(({ optional }) => !optional);
  const missing = needed[words.length];
  if (missing) throw new ExpectedError("bad_request", `${missing.name} is missing`, { hint: usage(command) });
  const most = command.arguments.some(({ many }) => many)
    ? Number.POSITIVE_INFINITY
    : command.arguments.length;
  if (words.length > most)
    throw new ExpectedError("bad_request", `"${words[most]}" is one word too many`, { hint: usage(command) });
}

function usage({ name, arguments: words }: Command): string {
  return ["bin/holdfast", name, ...words.map(shown)].join(" ");
}

const shown = ({ name, optional, many }: ArgumentDeclaration): string => {
  const word = many ? `${name}…` : name;
  return optional ? `[${word}]` : word;
};

/** Every command with its one line; with a group's word only that group. */
export function overview(group?: string): string {
  const chosen = commands.filter(({ name }) => group === undefined || name.startsWith(`${group} `));
  const listed = chosen.length > 0 ? chosen : commands;
  const left = (command: Command): string => `  ${usage(command).slice("bin/holdfast ".length)}`;
  const width = Math.max(...listed.map((command) => left(command).length)) + 2;
  const lines = listed.map((command) => `${left(command).padEnd(width)}${command.help}`);
  return [
    "bin/holdfast: what an operator does.",
    "",
    ...lines,
    "",
    "Every command has --json, --data DIR and --help.",
    "",
  ].join("\n");
}

/** One command's help, made from its declaration. */
export function helpOf(command: Command): string {
  return [usage(command), "", `  ${command.help}`, "", optionLines([...command.options, ...everywhere])].join(
    "\n",
  );
}
