import { systemClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { onStop, partArguments, signalReady } from "@holdfast/protocol/part";
import { startControl } from "./control.ts";
import { failAt } from "./failpoint.ts";

const log = jsonLog("control", (line) => process.stdout.write(line));
try {
  const { folder, config } = partArguments();
  await holdExclusively("control process", folder.root);
  const control = await startControl({
    folder,
    config,
    log,
    clock: systemClock,
    random: systemRandom,
    // Fault tests compare what is there before and after: nothing else may come up in between.
    hasSchedules: !process.argv.includes("--no-schedules"),
    failpoint: failAt(process.env["HOLDFAST_FAILPOINT"]),
  });
  onStop(() => control.close(), 60_000);
  signalReady();
} catch (error) {
  const hint = error instanceof ExpectedError ? error.hint : undefined;
  log("error", "control does not start", { error, hint });
  process.exit(1);
}
