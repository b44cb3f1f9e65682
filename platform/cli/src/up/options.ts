import { ExpectedError } from "@holdfast/kernel/errors";
import { type OptionDeclaration, optionLines, parseOptions } from "../option-table.ts";

const declared: readonly OptionDeclaration[] = [
  { name: "port", value: "N", help: "HTTPS port for all hosts (default 8443); kept for later starts" },
  {
    name: "data",
    value: "DIR",
    help: "the one folder of all data (default var/ here; as root /var/lib/holdfast)",
  },
  { name: "empty", help: "set up without the demo customer" },
  { name: "json", help: "the last line is one JSON object with addresses and logins" },
  { name: "status", help: "say what runs" },
  { name: "stop", help: "stop everything; nothing is lost" },
  { name: "reset", help: "delete all data; says what dies and asks for the installation's name" },
  { name: "yes", value: "NAME", help: "with --reset: the name, instead of being asked" },
  { name: "trust", help: "let this user's browsers trust the local certificate authority" },
  { name: "help", help: "this text" },
];

export type UpAction = "start" | "status" | "stop" | "reset" | "trust" | "help";

export interface UpOptions {
  readonly action: UpAction;
  readonly port: number | undefined;
  readonly data: string | undefined;
  readonly yes: string | undefined;
  readonly empty: boolean;
  readonly json: boolean;
}

const actions = ["help", "status", "stop", "reset", "trust"] as const;

/** @throws ExpectedError `bad_request` on unknown options, two actions at once or a port that is none. */
export function upOptions(argv: readonly string[]): UpOptions {
  const { options, positionals } = parseOptions(argv, declared);
  if (positionals.length > 0)
    throw new ExpectedError("bad_request", `bin/up takes no "${positionals[0]}"`, {
      hint: "customers and backups: bin/holdfast --help",
    });
  const chosen = actions.filter((action) => options[action]);
  if (chosen.length > 1 && chosen[0] !== "help")
    throw new ExpectedError("bad_request", `choose one of --${chosen.join(" and --")}`);
  const text = (name: string): string | undefined =>
    typeof options[name] === "string" ? options[name] : undefined;
  return {
    action: chosen[0] ?? "start",
    port: readPort(text("port")),
    data: text("data"),
    yes: text("yes"),
    empty: options["empty"] === true,
    json: options["json"] === true,
  };
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new ExpectedError("bad_request", `"${text}" is no port`, {
    hint: "a port is a number from 1 to 65535",
  });
}

export function upHelp(): string {
  return [
    "bin/up: installs what is missing, starts Holdfast on this machine, and prints where it answers.",
    "Run again at any time: it is quick and changes nothing.",
    "",
    "  bin/up [options]",
    "",
    optionLines(declared),
  ].join("\n");
}
