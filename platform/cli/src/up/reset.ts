import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Config, type DataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { confirm } from "../commands/confirm.ts";
import { installed } from "../setup/place.ts";
import type { Screen } from "../terminal.ts";
import type { UpOptions } from "./options.ts";
import { stop } from "./start.ts";
import { leftElsewhere, wipe } from "./wipe.ts";

/** What must be typed to delete an installation: `demo`, or `holdfast` for one that was set up empty. */
export function installationName(config: Pick<Config, "mode">): string {
  return config.mode === "demo" ? "demo" : "holdfast";
}

/**
 * Deletes all data after the name was typed (or given with --yes).
 *
 * @throws ExpectedError `conflict` on another name, or where nobody can be asked.
 */
export async function reset(folder: DataFolder, options: UpOptions, screen: Screen): Promise<void> {
  if (!installed(folder)) {
    screen.write(`There is no installation in ${folder.root}.\n`);
    return;
  }
  const name = nameOf(folder);
  await confirm(screen, { dies: whatDies(folder), name, given: options.yes });
  await stop(folder, screen);
  for (const left of wipe(folder)) screen.write(`Left, since it lies outside: ${left}.\n`);
  screen.write("All of it is deleted. bin/up sets up a new one.\n");
}

/** A damaged configuration must not keep anybody from starting over. */
function nameOf(folder: DataFolder): string {
  try {
    return installationName(readConfig(folder));
  } catch {
    return "holdfast";
  }
}

function whatDies(folder: DataFolder): string {
  const vaults = namesIn(folder.vaults);
  const backups = vaults.map((name) => `${objectsIn(join(folder.vaults, name, "store"))} in ${name}`);
  return [
    `This deletes ${folder.root}:`,
    `  ${namesIn(folder.keystore).length} databases with their keys, of customers and of the installation itself`,
    `  every backup in ${vaults.length} vaults (${backups.join(", ")})`,
    `  ${namesIn(folder.outbox).length} mails, the certificate authority, logs, certificates of keys that were destroyed`,
    ...leftElsewhere(folder).map((left) => `What lies outside stays: ${left}.`),
    "Without keys no copy of a backup kept elsewhere can be read, unless you kept keystore/ and the recovery file.",
  ].join("\n");
}

const namesIn = (path: string): string[] =>
  existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith(".")) : [];

const objectsIn = (path: string): number =>
  existsSync(path)
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".hfb")).length
    : 0;
