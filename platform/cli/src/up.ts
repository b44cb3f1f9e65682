import { type Config, readConfig } from "@holdfast/protocol/data-folder";
import { installed, place } from "./setup/place.ts";
import { runningState } from "./setup/supervisor-process.ts";
import { trustAuthority } from "./setup/trust.ts";
import { explain, harmless, type Screen, standardError, withPlace } from "./terminal.ts";
import { type UpOptions, upHelp, upOptions } from "./up/options.ts";
import { startedJson, startedText, statusText } from "./up/report.ts";
import { reset } from "./up/reset.ts";
import { start, stop } from "./up/start.ts";

let typedPlace: string | undefined;

const say = (text: string): void => void process.stdout.write(withPlace(text, typedPlace));

async function main(options: UpOptions, screen: Screen): Promise<number> {
  if (options.action === "help") {
    say(upHelp());
    return 0;
  }
  typedPlace = options.data;
  const folder = place(options.data, process.getuid?.() === 0);
  if (options.action === "start") {
    const started = await start(folder, options, screen);
    say(options.json ? `${startedJson(folder, started)}\n` : startedText(folder, started));
    return 0;
  }
  if (options.action === "status") {
    const state = await runningState(folder);
    const config: Config | undefined = installed(folder) ? readConfig(folder) : undefined;
    say(
      options.json
        ? `${JSON.stringify({ running: state !== undefined, data: folder.root, port: config?.port ?? null, ...state })}\n`
        : statusText(folder, state, config?.port),
    );
    return state?.parts.every((part) => part.state === "ready") ? 0 : 1;
  }
  if (options.action === "stop") {
    const stopped = await stop(folder, screen);
    say(
      options.json
        ? `${JSON.stringify({ stopped })}\n`
        : stopped
          ? "Stopped. Nothing is lost; bin/up starts it again.\n"
          : "Nothing ran.\n",
    );
    return 0;
  }
  if (options.action === "reset") {
    await reset(folder, options, screen);
    return 0;
  }
  say(`Trusted in ${trustAuthority(folder).join(", ")}.\n`);
  return 0;
}

try {
  process.exitCode = await main(upOptions(process.argv.slice(2)), standardError);
} catch (error) {
  process.stderr.write(`${harmless(withPlace(explain(error), typedPlace))}\n`);
  process.exitCode = 1;
}
