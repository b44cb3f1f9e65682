import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { controlStatus } from "@holdfast/protocol/control-methods";
import { probe } from "../setup/answers.ts";
import { codeStamp } from "../setup/code.ts";
import { holderOf } from "../setup/port.ts";
import { runningState } from "../setup/supervisor-process.ts";
import { type Command, type CommandContext, table } from "./command.ts";

/** What one look found; a finding that is not well says what to do. */
interface Finding {
  readonly state: "well" | "warning" | "ill";
  readonly found: string;
  readonly hint?: string;
}

type Look = (context: CommandContext) => Promise<Finding> | Finding;

const well = (found: string): Finding => ({ state: "well", found });
const ill = (found: string, hint: string): Finding => ({ state: "ill", found, hint });
const warning = (found: string, hint: string): Finding => ({ state: "warning", found, hint });

const gigabyte = 1_000_000_000;

/** Each look is independent: a broken part hides nothing about the others. */
const looks: Readonly<Record<string, Look>> = {
  "free space": ({ folder }) => {
    const { bavail, bsize } = statfsSync(folder.root);
    const free = (bavail * bsize) / gigabyte;
    const found = `${free.toFixed(1)} GB free for ${folder.root}`;
    if (free < 1) return ill(found, "free some space: PostgreSQL stops in the middle when there is none");
    return free < 5 ? warning(found, "free some space soon") : well(found);
  },
  "root key": ({ folder }) => {
    if (process.getuid?.() !== statSync(folder.root).uid)
      return warning("belongs to another user", "run this as the user who ran bin/up");
    const mode = statSync(folder.rootKey).mode & 0o777;
    return mode === 0o600
      ? well("is its owner's alone")
      : ill(`has mode ${mode.toString(8)}`, `chmod 600 ${folder.rootKey}`);
  },
  "recovery file": ({ folder }) => {
    const path = join(folder.root, "recovery.txt");
    return existsSync(path)
      ? warning(`lies beside the data`, `keep ${path} elsewhere, then delete it here`)
      : existsSync(folder.recoveryChecked)
        ? well("was checked and is not beside the data")
        : warning("was never checked", "bin/holdfast recovery check FILE, from where you keep it");
  },
  processes: async ({ folder }) => {
    const state = await runningState(folder);
    if (!state) return ill("nothing runs", "start it with bin/up");
    const waiting = state.parts.filter((part) => part.state !== "ready");
    if (waiting.length > 0)
      return ill(
        waiting.map(({ name, state: is, lastEnd }) => `${name} is ${is} (${lastEnd ?? "no end"})`).join(", "),
        `bin/holdfast logs ${waiting[0]?.name}`,
      );
    const restarted = state.parts.filter((part) => part.restarts > 0);
    if (restarted.length > 0)
      return warning(
        restarted
          .map(({ name, restarts, lastEnd }) => `${name} was started again ${restarts} times (${lastEnd})`)
          .join(", "),
        `bin/holdfast logs ${restarted[0]?.name}`,
      );
    return well(`${state.parts.length} parts are ready`);
  },
  separation: async ({ folder }) => {
    const state = await runningState(folder);
    if (state === undefined || state.separated)
      return well("server and control run under users of their own");
    return warning(
      "not enforced: server and control run under one user, so whoever takes over the server has both",
      "set up as root: bin/up then makes a system user for each",
    );
  },
  code: async ({ folder }) => {
    const state = await runningState(folder);
    if (!state || state.codeStamp === codeStamp()) return well("what runs is this checkout");
    return warning("what runs is older than this checkout", "bin/up --stop, then bin/up");
  },
  clusters: async ({ control }) => {
    const { clusters } = await control(controlStatus, {});
    const bad = clusters.filter(
      (cluster) => cluster.state !== "running" || !cluster.tls || !cluster.checksums,
    );
    if (bad.length > 0)
      return ill(
        bad.map(({ name, state }) => `${name} is ${state}`).join(", "),
        "bin/holdfast logs postgres-main",
      );
    return well(clusters.map(({ name, version }) => `${name} runs PostgreSQL ${version}`).join(", "));
  },
  backups: async ({ control }) => {
    const { overdueBackups } = await control(controlStatus, {});
    return overdueBackups > 0
      ? ill(`${overdueBackups} are overdue`, "bin/holdfast operation list shows what failed")
      : well("none is overdue");
  },
  port: ({ config }) => {
    const holder = holderOf(config.port);
    return holder
      ? well(`${config.port} is held by ${holder}`)
      : ill(`nobody listens on ${config.port}`, "start it with bin/up");
  },
  https: async ({ folder, config }) => {
    const status = await probe(folder, config, "panel.localhost");
    return status < 500
      ? well(`the panel answers ${status}`)
      : ill(`the panel answers ${status}`, "bin/holdfast logs server");
  },
  certificates: ({ folder }) => {
    const authority = new X509Certificate(readFileSync(folder.caFile));
    const days = Math.floor((Date.parse(authority.validTo) - Date.now()) / 86_400_000);
    return days > 90
      ? well(`the local authority is good for ${days} days`)
      : warning(`the local authority ends in ${days} days`, "make a new one: remove ca/ while stopped");
  },
  names: async () => {
    const found = await lookup("panel.localhost").then(
      ({ address }) => address,
      () => undefined,
    );
    return found
      ? well(`*.localhost resolves to ${found}`)
      : warning(
          "*.localhost resolves in browsers only",
          "sudo apt-get install -y --no-install-recommends libnss-myhostname",
        );
  },
};

/** `doctor`: looks at everything that has to be well, and says of each thing that is not what to do. */
export const doctor: Command = {
  name: "doctor",
  help: "look for what is wrong, and say what to do about it",
  arguments: [],
  options: [],
  async run(context) {
    const findings = await Promise.all(
      Object.entries(looks).map(async ([name, look]) => ({ name, ...(await examine(look, context)) })),
    );
    const rows = findings.map(({ name, state, found, hint }) => [
      state,
      name,
      hint ? `${found} → ${hint}` : found,
    ]);
    return {
      json: { findings },
      text: table(rows, ["STATE", "WHAT", "FOUND"], ""),
      exitCode: findings.some(({ state }) => state === "ill") ? 1 : 0,
    };
  },
};

async function examine(look: Look, context: CommandContext): Promise<Finding> {
  try {
    return await look(context);
  } catch (error) {
    const hint = error instanceof ExpectedError ? error.hint : undefined;
    return ill(error instanceof Error ? error.message : String(error), hint ?? "bin/holdfast logs");
  }
}
