/**
 * The keeper of a directory or SFTP vault, as a program: `node keeper-main.ts DIRECTORY`, run by another system user
 * than the one that writes into `DIRECTORY/incoming`. Takes whole objects over into `store/` until it is ended.
 */
import { setTimeout as wait } from "node:timers/promises";
import { jsonLog } from "@holdfast/kernel/log";
import { keepIncoming, sweepStore } from "./keeper.ts";
import { limits } from "./limits.ts";

const log = jsonLog("keeper", (line) => process.stdout.write(line));
const [, , folder] = process.argv;
if (folder === undefined) {
  log("error", "a keeper is started with the vault's folder");
  process.exit(2);
}
await sweepStore(folder);
let isTold = false;
for (;;) {
  try {
    const kept = await keepIncoming(folder);
    if (kept.length > 0) log("info", "took over", { objects: kept });
    isTold = false;
  } catch (error) {
    if (!isTold) log("error", "cannot take over; looks again", { error });
    isTold = true;
  }
  await wait(limits.keeperLookMs);
}
