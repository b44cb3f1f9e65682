import { join } from "node:path";
import { parseArgs } from "node:util";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { dataFolder } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { onStop } from "@holdfast/protocol/part";
import { type HandlerContext, handle, serve } from "@holdfast/protocol/serve";
import { findServiceUsers } from "./setup/service-user.ts";
import { LogFile } from "./supervisor/log-file.ts";
import { awaitReady, supervisorSocket, supervisorState } from "./supervisor/methods.ts";
import { parts } from "./supervisor/parts.ts";
import { type Supervision, supervise } from "./supervisor/supervise.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    code: { type: "string" },
    stamp: { type: "string" },
    "separate-users": { type: "boolean" },
  },
});
if (!values.data || !values.code)
  throw new ExpectedError("bad_request", "the supervisor is started by bin/up");
const folder = dataFolder(values.data);
const log = new LogFile(join(folder.logs, "supervisor.log")).log("supervisor");

async function main(data: string, codeRoot: string): Promise<void> {
  await holdExclusively("supervisor", data);
  const users = values["separate-users"]
    ? present(findServiceUsers(), "the system users that bin/up has made")
    : undefined;
  const supervision = supervise({
    folder,
    parts: parts({ folder, codeRoot, node: process.execPath, ...(users ? { users } : {}) }),
    codeRoot,
    separated: users !== undefined,
    codeStamp: values.stamp ?? "",
    log,
  });
  supervision.ready.catch((error: unknown) => log("error", "a part does not start", { error }));
  await answer(supervision);
}

async function answer(supervision: Supervision): Promise<void> {
  const serving = await serve(supervisorSocket(folder), [
    handle(supervisorState, async () => supervision.state()),
    handle(awaitReady, (_input, context) => whenReady(supervision, context)),
  ]);
  const stop = async (): Promise<void> => {
    await supervision.stop();
    await serving.close();
    log("info", "stopped");
  };
  onStop(stop, 120_000);
  // A start that failed is told to whoever waits, then the supervisor ends: `bin/up` starts it anew.
  supervision.ready.catch(async () => {
    await serving.close();
    process.exit(1);
  });
}

async function whenReady(
  supervision: Supervision,
  { progress }: HandlerContext,
): Promise<ReturnType<Supervision["state"]>> {
  const show = (): void => {
    const { parts: all } = supervision.state();
    const waiting = all.filter((part) => part.state !== "ready");
    const step = `starting ${waiting.find((part) => part.state !== "waiting")?.name ?? "parts"}`;
    progress({ step, done: all.length - waiting.length, total: all.length, unit: "parts" });
  };
  const showing = setInterval(show, 100);
  try {
    await supervision.ready;
    return supervision.state();
  } finally {
    clearInterval(showing);
  }
}

main(values.data, values.code).catch((error: unknown) => {
  log("error", "the supervisor does not start", { error });
  process.exit(1);
});
