import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { SftpVaultSpec } from "../sftp-connection.ts";
import { freePort } from "./rados-gateway.ts";
import { systemUserIds } from "./system-users.ts";

/**
 * A real OpenSSH server with a vault. As root: two logins of two system users, both locked into the vault's folder,
 * and a keeper that runs as the second. Else: one user, who is its own keeper, so that nothing is enforced.
 */
export interface SftpServer {
  readonly writer: SftpVaultSpec;
  readonly retention: SftpVaultSpec;
  /** The vault's folder on this machine. */
  readonly folder: string;
  readonly enforces: boolean;
  /** Ends every connection and the server; `start` opens it again on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const readyMs = 20_000;
/** System users of every Debian, without a password, that nothing runs as. */
const names = { writer: "games", keeper: "news" };

/** Some seconds; needs Debian's openssh-server. */
export async function startSftpServer(): Promise<SftpServer> {
  const enforces = process.getuid?.() === 0;
  // A chroot and what leads to it must not be writable by others: not under /tmp.
  const home = mkdtempSync(join(enforces ? "/run" : "/var/tmp", "holdfast-sftp-"));
  chmodSync(home, 0o755);
  const folder = join(home, "vault");
  makeVault(folder, enforces);
  for (const key of ["host", "writer", "keeper"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(home, key)]);
  const port = await freePort();
  writeFileSync(join(home, "sshd_config"), configuration(home, { port, folder, enforces }));
  let server: ChildProcess | undefined;
  const start = async () => {
    server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(home, "sshd_config")], { stdio: "ignore" });
    await listens(port);
  };
  const kill = async () => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    for (const pid of family(server.pid)) killIfThere(pid);
    await gone;
  };
  if (enforces) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  await start();
  const keeper = startKeeper(folder, enforces);
  const spec = (role: "writer" | "keeper"): SftpVaultSpec => ({
    kind: "sftp",
    host: "127.0.0.1",
    port,
    user: enforces ? names[role] : userInfo().username,
    hostKey:
      execFileSync("ssh-keygen", ["-lf", join(home, "host.pub")], { encoding: "utf8" }).split(" ")[1] ?? "",
    privateKey: readFileSync(join(home, role), "utf8"),
    path: enforces ? "" : folder,
    freeBytes: 0,
    enforced: false,
    place: {
      name: "ssh",
      dataCenter: "here",
      city: "here",
      country: "FI",
      continent: "Europe",
      provider: "OpenSSH",
      simulated: true,
    },
  });
  return {
    writer: spec("writer"),
    retention: spec("keeper"),
    folder,
    enforces,
    kill,
    start,
    stop: async () => {
      keeper.kill("SIGKILL");
      await kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function makeVault(folder: string, enforces: boolean): void {
  mkdirSync(folder, { mode: 0o755 });
  for (const part of ["incoming", "store"]) mkdirSync(join(folder, part), { mode: 0o755 });
  if (!enforces) return;
  const [writer, keeper] = [systemUserIds(names.writer), systemUserIds(names.keeper)];
  chownSync(join(folder, "incoming"), writer.uid, keeper.gid);
  chmodSync(join(folder, "incoming"), 0o2770);
  chownSync(join(folder, "store"), keeper.uid, keeper.gid);
}

/** The keeper's own program, as an operator runs it on the server. */
function startKeeper(folder: string, enforces: boolean): ChildProcess {
  const main = fileURLToPath(new URL("../keeper-main.ts", import.meta.url));
  const user = enforces ? systemUserIds(names.keeper) : {};
  return spawn(process.execPath, [main, folder], { stdio: "ignore", env: {}, ...user });
}

function configuration(
  home: string,
  { port, folder, enforces }: { readonly port: number; readonly folder: string; readonly enforces: boolean },
): string {
  const login = (role: "writer" | "keeper") => `Match User ${names[role]}
  AuthorizedKeysFile ${home}/${role}.pub
  ChrootDirectory ${folder}
`;
  return `ListenAddress 127.0.0.1:${port}
HostKey ${home}/host
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding no
X11Forwarding no
AuthorizedKeysFile ${home}/writer.pub ${home}/keeper.pub
Subsystem sftp internal-sftp -u 0027
ForceCommand internal-sftp -u 0027
${enforces ? login("writer") + login("keeper") : ""}`;
}

/** A session may end by itself while we look. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A process and all that it started: sessions of sshd are in sessions of their own. */
function family(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const found = [pid];
  for (const each of found) found.push(...parents.filter(([, parent]) => parent === each).map(([id]) => id));
  return found;
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

async function listens(port: number): Promise<void> {
  for (const deadline = performance.now() + readyMs; ; await wait(20)) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).once("error", () => resolve(false));
    });
    if (isOpen) return;
    if (performance.now() > deadline) throw new Error("sshd does not listen");
  }
}
