import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledCode } from "@holdfast/kernel/compiled-code";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { type CallOptions, call } from "@holdfast/protocol/call";
import { type Config, type DataFolder, dataFolder, dataFormat } from "@holdfast/protocol/data-folder";
import type { Account } from "@holdfast/protocol/launcher";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import { DieAt } from "./die-at.ts";
import { RealPart } from "./real-part.ts";

const dieAtWrite = fileURLToPath(new URL("./die-at-write.ts", import.meta.url));
const mainOf = (part: string): string =>
  fileURLToPath(new URL(`../../../${part}/src/main.ts`, import.meta.url));

interface SystemUser extends Account {
  readonly name: string;
}

interface Users {
  readonly service: SystemUser;
  readonly server: SystemUser;
}

const as = ({ service, server }: Users): string[] => [
  "--service-user",
  service.name,
  "--server-user",
  server.name,
];

/**
 * A whole installation in a folder of its own: agent (with its PostgreSQL) and control as processes,
 * as the supervisor runs them, so that a test can kill either at any point. As root all users of a
 * real installation are in play: the agent is root, control and backup jobs are `nobody`, files are `games`'.
 */
export class Installation {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly #users: Users | undefined;
  #agent: RealPart | undefined;
  #control: RealPart | undefined;

  private constructor(root: string, users: Users | undefined) {
    this.folder = dataFolder(root);
    this.#users = users;
    this.config = {
      format: dataFormat,
      port: 8443,
      smtpPort: 2525,
      controlTenantId: newId<"tenant">(Date.now(), systemRandom.bytes(10)),
      mode: "empty",
      created: new Date().toISOString(),
    };
  }

  /** Makes the folder and starts both parts; about ten seconds. @param within - where the folder is made. */
  static async start(within = quickFolder()): Promise<Installation> {
    const root = mkdtempSync(join(within, "hf-faults-"));
    const installation = new Installation(root, systemUsers());
    installation.#makeFolders();
    try {
      await installation.startAgent();
      await installation.startControl();
    } catch (error) {
      await installation.remove();
      throw error;
    }
    return installation;
  }

  /** Arms the agent to die at one of its own writes. */
  get dieAt(): DieAt {
    return new DieAt(join(this.folder.root, "die-at"));
  }

  get agent(): RealPart {
    if (!this.#agent) throw new Error("the agent was not started");
    return this.#agent;
  }

  get control(): RealPart {
    if (!this.#control) throw new Error("control was not started");
    return this.#control;
  }

  async startAgent(): Promise<RealPart> {
    const users = this.#users;
    this.#agent = await RealPart.start({
      main: mainOf("agent"),
      preload: dieAtWrite,
      arguments: ["--data", this.folder.root, ...(users ? as(users) : [])],
      environment: { ...this.#environment, HOLDFAST_DIE_AT: this.dieAt.path },
    });
    if (!this.#agent.alive) throw new Error(`the agent did not start:\n${this.#agent.output}`);
    return this.#agent;
  }

  /** Arms control, running or yet to start, to die or to fail at a point; nothing disarms it. See failAt. */
  armControl(failpoint?: string): void {
    const file = this.#failpointFile;
    rmSync(file, { force: true });
    if (failpoint !== undefined) writeFileSync(file, failpoint, { mode: 0o644 });
  }

  get #failpointFile(): string {
    return join(this.folder.root, "failpoint");
  }

  /** @param failpoint - see failAt; control may then be dead already when this returns. */
  async startControl(failpoint?: string): Promise<RealPart> {
    this.armControl(failpoint);
    this.#control = await RealPart.start({
      main: mainOf("control"),
      arguments: ["--data", this.folder.root, "--no-schedules"],
      environment: { ...this.#environment, HOLDFAST_FAILPOINT: this.#failpointFile },
      user: this.#users?.service,
    });
    if (failpoint === undefined && !this.#control.alive)
      throw new Error(`control did not start:\n${this.#control.output}`);
    return this.#control;
  }

  askAgent<M extends Method>(method: M, input: InputOf<M>, options?: CallOptions): Promise<OutputOf<M>> {
    return call(this.folder.agentSocket, method, input, options);
  }

  askControl<M extends Method>(method: M, input: InputOf<M>, options?: CallOptions): Promise<OutputOf<M>> {
    return call(this.folder.controlSocket, method, input, options);
  }

  /** Stops what runs and removes the folder. An agent that is dead is started once more, for its clusters' sake. */
  async remove(): Promise<void> {
    await this.#control?.stop();
    if (this.#agent && !this.#agent.alive) await this.startAgent();
    await this.#agent?.stop();
    rmSync(this.folder.root, { recursive: true, force: true });
  }

  /** Compiled code is kept: a part is started hundreds of times. */
  get #environment(): Record<string, string> {
    return { NODE_COMPILE_CACHE: join(this.folder.root, "compiled"), ...compiledCode(getCompileCacheDir()) };
  }

  #makeFolders(): void {
    const { folder } = this;
    const user = this.#users?.service;
    chmodSync(folder.root, 0o755);
    mkdirSync(join(folder.root, "compiled"));
    chmodSync(join(folder.root, "compiled"), 0o1777);
    mkdirSync(folder.run);
    // Sticky: the service user makes control.sock there but cannot replace agent.sock.
    chmodSync(folder.run, user ? 0o1771 : 0o700);
    if (user) chownSync(folder.run, 0, user.gid);
    for (const path of [folder.keystore, folder.logs]) mkdirSync(path, { mode: 0o700 });
    mkdirSync(folder.clusters, { mode: 0o711 });
    for (const path of [folder.uploads, folder.outgoing]) {
      mkdirSync(path, { mode: 0o700 });
      if (user) chownSync(path, user.uid, user.gid);
    }
    writeFileSync(folder.config, JSON.stringify(this.config), { mode: 0o644 });
  }
}

const quickBytes = 2 * 2 ** 30;

/**
 * Memory where there is plenty: what a kill of processes can lose is the same, and nobody waits for a
 * disk. What a loss of power can lose is not what these tests are about.
 */
function quickFolder(): string {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > quickBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Others than root for what needs no root; none where they cannot read this checkout. */
function systemUsers(): Users | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const server = systemUser("games");
  const service = { ...systemUser("nobody"), groups: [server.gid] };
  const script = "require('node:fs').readFileSync(process.argv[1])";
  const { uid, gid } = service;
  const { status } = spawnSync(process.execPath, ["-e", script, mainOf("control")], { cwd: "/", uid, gid });
  return status === 0 ? { service, server } : undefined;
}

function systemUser(name: string): SystemUser {
  const id = (flag: string): number => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { name, uid: id("-u"), gid: id("-g") };
}
