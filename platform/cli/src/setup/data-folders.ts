import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import { newId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { type Config, type DataFolder, dataFormat, readConfig } from "@holdfast/protocol/data-folder";
import { anyFreePort } from "./port.ts";
import type { ServiceUsers } from "./service-user.ts";

const defaultPort = 8443;

/**
 * Makes the folders that are missing and sets owner and mode of each, so that what one part may not
 * read is closed to it by the system. With system users (set up by root) only agent and supervisor
 * reach keys, clusters, vaults and logs, and the server reaches nothing of control.
 */
export function makeFolders(folder: DataFolder, users: ServiceUsers | undefined): void {
  const make = (path: string, mode: number, owner = { uid: 0, gid: 0 }): void => {
    mkdirSync(path, { recursive: true, mode });
    if (users) chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
  };
  make(folder.root, users ? 0o755 : 0o700);
  // Sticky: the service user makes control.sock there but cannot replace agent.sock.
  make(folder.run, users ? 0o1771 : 0o700, users && { uid: 0, gid: users.service.gid });
  make(folder.logs, 0o700);
  make(folder.keystore, 0o700);
  make(folder.clusters, 0o711);
  make(folder.files, 0o711);
  for (const path of [folder.uploads, folder.outgoing]) make(path, 0o700, users?.service);
  // The panel, which the server draws, shows caught mails: it reads them, and writes none.
  make(folder.outbox, users ? 0o2750 : 0o700, users && { uid: users.service.uid, gid: users.server.gid });
}

export interface ConfigWishes {
  readonly port?: number;
  readonly empty?: boolean;
}

/**
 * Reads the configuration, or writes it at the first time; a wished port replaces the kept one.
 * The outbox's port is chosen here as well, anew when another process took it meanwhile.
 */
export async function settleConfig(
  folder: DataFolder,
  wishes: ConfigWishes,
  clock: Clock,
  random: Random,
): Promise<Config> {
  const former = existsSync(folder.config) ? readConfig(folder) : undefined;
  const config: Config = former ?? {
    format: dataFormat,
    port: wishes.port ?? defaultPort,
    smtpPort: await anyFreePort(),
    controlTenantId: newId<"tenant">(clock.now(), random.bytes(10)),
    mode: wishes.empty ? "empty" : "demo",
    created: new Date(clock.now()).toISOString(),
  };
  const settled = { ...config, format: dataFormat, port: wishes.port ?? config.port };
  if (JSON.stringify(settled) !== JSON.stringify(former)) writeConfig(folder, settled);
  return settled;
}

export function writeConfig(folder: DataFolder, config: Config): void {
  const fresh = join(folder.root, ".config.json.new");
  writeFileSync(fresh, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o644, flush: true });
  renameSync(fresh, folder.config);
}

/**
 * Writes what to keep elsewhere: without it a lost root key loses everything. Beside the data only
 * until the operator has moved it; made once.
 */
export function writeRecoveryFile(folder: DataFolder): string | undefined {
  const path = join(folder.root, "recovery.txt");
  const noted = join(folder.root, ".recovery-written");
  if (existsSync(noted) || !existsSync(folder.rootKey)) return undefined;
  const key = readFileSync(folder.rootKey, "utf8").trim();
  const text = [
    "Recovery file of a Holdfast installation. KEEP IT ELSEWHERE, then delete this copy.",
    "Whoever has it and a copy of keystore/ can read every customer's data; without it and without",
    "root.key nobody can. To recover: put the line below into root.key (mode 0600), then run bin/up.",
    "",
    key,
    "",
  ];
  writeFileSync(path, text.join("\n"), { mode: 0o600, flush: true });
  writeFileSync(noted, "", { mode: 0o600 });
  return path;
}
