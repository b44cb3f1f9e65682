import { readConfig } from "@holdfast/protocol/data-folder";
import { askControl, Interrupted, interruptedExitCode } from "./commands/ask-control.ts";
import type { Answer, CommandContext } from "./commands/command.ts";
import { type Understood, understand } from "./commands/command-line.ts";
import { installedPlace } from "./setup/place.ts";
import { explain, explainAsJson, harmless, standardError, withPlace } from "./terminal.ts";

type Run = Extract<Understood, { kind: "run" }>;

const placeTyped = ({ parsed }: Run): string | undefined => {
  const given = parsed.options["data"];
  return typeof given === "string" ? given : undefined;
};

async function run(understood: Run): Promise<Answer> {
  const { command, parsed } = understood;
  const folder = installedPlace(placeTyped(understood), process.getuid?.() === 0);
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
  typedPlace = placeTyped(understood);
  const answer = await run(understood);
  process.stdout.write(
    understood.parsed.options["json"]
      ? `${JSON.stringify(answer.json)}\n`
      : harmless(withPlace(answer.text, typedPlace)),
  );
  return answer.exitCode ?? 0;
}

let typedPlace: string | undefined;
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Interrupted) {
    process.stderr.write(`${harmless(withPlace(error.message, typedPlace))}\n`);
    process.exitCode = interruptedExitCode;
  } else {
    if (process.argv.includes("--json")) process.stdout.write(`${explainAsJson(error)}\n`);
    process.stderr.write(`${harmless(withPlace(explain(error), typedPlace))}\n`);
    process.exitCode = 1;
  }
}
