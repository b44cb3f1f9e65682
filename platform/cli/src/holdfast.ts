import { readConfig } from "@holdfast/protocol/data-folder";
import { askControl, Interrupted, interruptedExitCode } from "./commands/ask-control.ts";
import type { Answer, CommandContext } from "./commands/command.ts";
import { type Understood, understand } from "./commands/command-line.ts";
import { installedPlace } from "./setup/place.ts";
import { explain, explainAsJson, standardError } from "./terminal.ts";

async function run({ command, parsed }: Extract<Understood, { kind: "run" }>): Promise<Answer> {
  const given = parsed.options["data"];
  const folder = installedPlace(typeof given === "string" ? given : undefined, process.getuid?.() === 0);
  const context: CommandContext = {
    folder,
    config: readConfig(folder),
    screen: standardError,
    options: parsed.options,
    words: parsed.positionals,
    control: (method, input, title) => askControl(folder, standardError, { method, input, title }),
    write: (text) => void process.stdout.write(text),
  };
  return command.run(context);
}

async function main(argv: readonly string[]): Promise<number> {
  const understood = understand(argv);
  if (understood.kind === "help") {
    process.stdout.write(understood.text);
    return 0;
  }
  const answer = await run(understood);
  process.stdout.write(understood.parsed.options["json"] ? `${JSON.stringify(answer.json)}\n` : answer.text);
  return answer.exitCode ?? 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = interruptedExitCode;
  } else {
    if (process.argv.includes("--json")) process.stdout.write(`${explainAsJson(error)}\n`);
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}
