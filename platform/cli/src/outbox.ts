import { systemClock } from "@holdfast/kernel/clock";
import { jsonLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { onStop, partArguments, signalReady } from "@holdfast/protocol/part";
import { captureMail } from "./outbox/capture.ts";

const log = jsonLog("outbox", (line) => process.stdout.write(line));
const { folder, config } = partArguments();
try {
  const capture = await captureMail({
    folder: folder.outbox,
    port: config.smtpPort,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  onStop(() => capture.close());
  signalReady();
} catch (error) {
  log("error", "the outbox does not start", { error });
  process.exit(1);
}
