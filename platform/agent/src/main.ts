import { parseArgs } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonLog } from "@holdfast/kernel/log";
import { onStop, partArguments, signalReady } from "@holdfast/protocol/part";
import { startAgent } from "./agent.ts";
import { systemUser } from "./system-user.ts";

const log = jsonLog("agent", (line) => process.stdout.write(line));
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    "service-user": { type: "string" },
    "server-user": { type: "string" },
  },
});
try {
  const { folder } = partArguments();
  const [service, server] = [values["service-user"], values["server-user"]];
  const agent = await startAgent({
    folder,
    log,
    credentialsFolder: process.env["CREDENTIALS_DIRECTORY"],
    ...(service === undefined ? {} : { serviceUser: systemUser(service) }),
    ...(server === undefined ? {} : { serverUser: systemUser(server) }),
  });
  onStop(() => agent.close(), 60_000);
  signalReady();
} catch (error) {
  const hint = error instanceof ExpectedError ? error.hint : undefined;
  log("error", "the agent does not start", { error, hint });
  process.exit(1);
}
