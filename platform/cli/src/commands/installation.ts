import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import { controlStatus, demoPassword } from "@holdfast/protocol/control-methods";
import { serverUserName, serviceUserName } from "@holdfast/protocol/system-users";
import { runningState } from "../setup/supervisor-process.ts";
import { distrustAuthority, trustAuthority } from "../setup/trust.ts";
import { statusText } from "../up/report.ts";
import { installationName } from "../up/reset.ts";
import { stop } from "../up/start.ts";
import { wipe } from "../up/wipe.ts";
import type { Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { doctor } from "./doctor.ts";
import { logs } from "./logs.ts";

/** What concerns the installation itself. */
export const installationCommands: readonly Command[] = [
  {
    name: "status",
    help: "what runs, and how clusters, customers and backups are",
    arguments: [],
    options: [],
    async run({ folder, config, control }) {
      const processes = await runningState(folder);
      if (!processes)
        return { json: { running: false }, text: statusText(folder, undefined, config.port), exitCode: 1 };
      const state = await control(controlStatus, {});
      const clusters = state.clusters.map(
        ({ name, state: is, version, connections, maxConnections }) =>
          `  cluster ${name.padEnd(8)} ${is}, PostgreSQL ${version ?? "?"}, ${connections ?? "?"} of ${maxConnections ?? "?"} connections`,
      );
      const counts = `  ${state.customers} customers, ${state.runningOperations} operations run, ${state.overdueBackups} backups overdue`;
      return {
        json: { running: true, port: config.port, processes, ...state },
        text: [statusText(folder, processes, config.port).trimEnd(), ...clusters, counts, ""].join("\n"),
        exitCode: state.overdueBackups > 0 ? 1 : 0,
      };
    },
  },
  {
    name: "open",
    help: "open a customer, or the operators' panel, in the browser",
    arguments: [{ name: "CUSTOMER", optional: true }],
    options: [],
    async run({ words: [name], config, control }) {
      const url =
        name === undefined
          ? (await control(demoPassword, {})).operator.url
          : `https://${name}.localhost:${config.port}`;
      const opened = spawnSync("xdg-open", [url], { stdio: "ignore", timeout: 5_000 }).status === 0;
      return { json: { url, opened }, text: `${url}\n` };
    },
  },
  logs,
  doctor,
  {
    name: "trust",
    help: "let this user's browsers trust the local certificate authority",
    arguments: [],
    options: [{ name: "undo", help: "take it out again" }],
    async run({ folder, options }) {
      const stores = options["undo"] ? distrustAuthority() : trustAuthority(folder);
      return {
        json: { stores },
        text: `${options["undo"] ? "No longer trusted" : "Trusted"} in ${stores.join(", ") || "no store"}.\n`,
      };
    },
  },
  {
    name: "uninstall",
    help: "stop, delete all data and the system users; packages and this checkout stay",
    arguments: [],
    options: [{ name: "yes", value: "NAME", help: "the installation's name, instead of being asked" }],
    async run({ folder, config, screen, options }) {
      const name = installationName(config);
      await confirm(screen, {
        dies: `This deletes ${folder.root}: every database, key and backup in it.`,
        name,
        given: options["yes"],
      });
      await stop(folder, screen);
      const left = wipe(folder);
      if (existsSync(folder.root) && readdirSync(folder.root).length === 0)
        rmSync(folder.root, { recursive: true });
      distrustQuietly();
      removeServiceUsers();
      const packages = "apt-get remove --autoremove postgresql libnss-myhostname";
      const stays = left.map((each) => `Left, since it lies outside: ${each}.\n`).join("");
      return {
        json: { removed: folder.root, left },
        text: `${stays}Gone. If nothing else needs them: ${packages}\n`,
      };
    },
  },
];

/** Nothing to take out where the tool to do so was never there. */
function distrustQuietly(): void {
  try {
    distrustAuthority();
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
  }
}

function removeServiceUsers(): void {
  if (process.getuid?.() !== 0) return;
  for (const name of [serverUserName, serviceUserName])
    spawnSync("/usr/sbin/userdel", [name], { stdio: "ignore" });
}
