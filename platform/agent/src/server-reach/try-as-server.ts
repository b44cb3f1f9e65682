import { execFile } from "node:child_process";
import { join } from "node:path";
import type { serverReach } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { launcher } from "@holdfast/protocol/launcher";
import type { OutputOf } from "@holdfast/protocol/method";
import type { Users } from "../system-user.ts";
import type { Outcome, Trial } from "./attempt.ts";
import { attemptsOf } from "./attempts.ts";

const trialMilliseconds = 60_000;
const answerBytes = 4_194_304;
const child = join(import.meta.dirname, "child.ts");

/** See `serverReach`. Without root both users are one: there is nothing to try, and it says so. */
export async function tryAsServer(
  folder: DataFolder,
  users: Users,
  methods: { readonly all: readonly string[]; readonly needed: readonly string[] },
): Promise<OutputOf<typeof serverReach>> {
  const enforced =
    process.getuid?.() === 0 && users.server.uid !== users.service.uid && users.server.uid !== 0;
  if (!enforced) return { enforced, tries: [] };
  const attempts = attemptsOf(folder, methods);
  const outcomes = await run(users, { attempts, socketPath: folder.agentServerSocket });
  const tries = attempts.map(({ gain, target, needed }, at) => ({
    gain,
    target,
    needed,
    outcome: outcomes[at] ?? "failed",
  }));
  return { enforced, tries };
}

function run({ server }: Users, trial: Trial): Promise<Outcome[]> {
  const [first = "", ...words] = [...launcher(server), process.execPath, child];
  return new Promise((resolve, reject) => {
    const options = { cwd: "/", env: {}, timeout: trialMilliseconds, maxBuffer: answerBytes };
    const trying = execFile(first, words, options, (error, said) =>
      error ? reject(error) : resolve(JSON.parse(said) as Outcome[]),
    );
    trying.stdin?.on("error", () => undefined).end(JSON.stringify(trial));
  });
}
