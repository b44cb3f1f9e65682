import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { SftpVaultSpec } from "@holdfast/backups/sftp-connection";
import { type SftpServer, startSftpServer } from "@holdfast/backups/testing/sftp-server";
import { addPlatformVault } from "@holdfast/protocol/retention-methods";
import type { Installation } from "../installation.ts";
import type { Fault, Scenery } from "./fault.ts";
import { Line } from "./line.ts";
import { Stage } from "./stage.ts";

/** The vault that lies behind the line. */
export const farVault = "far";
const place = {
  name: farVault,
  dataCenter: "far",
  city: "far",
  country: "FI",
  continent: "Europe" as const,
  provider: "a real server",
  simulated: true,
};

/** An installation with a fourth vault: a real OpenSSH server, behind a line that can be made bad. */
export class SshStage extends Stage {
  #server: SftpServer | undefined;
  #line: Line | undefined;

  get line(): Line {
    if (!this.#line) throw new Error("the stage is not set");
    return this.#line;
  }

  /** The vault's folder on its server, as whoever holds that server sees it. */
  get farFolder(): string {
    if (!this.#server) throw new Error("the stage is not set");
    return this.#server.folder;
  }

  protected override async dress(installation: Installation): Promise<void> {
    const server = await startSftpServer();
    this.#server = server;
    this.#line = await Line.to(server.writer.port);
    const { host, hostKey, path } = server.writer;
    const login = ({ user, privateKey }: SftpVaultSpec) => ({ user, privateKey });
    const roles = { writer: login(server.writer), retention: login(server.retention) };
    await installation.askControl(addPlatformVault, {
      kind: "sftp",
      ...place,
      ...{ host, hostKey, path, port: this.#line.port },
      ...roles,
    });
    // The judge counts what lies there like any other vault's.
    symlinkSync(server.folder, join(installation.folder.vaults, farVault));
  }

  protected override async undress(installation: Installation): Promise<void> {
    rmSync(join(installation.folder.vaults, farVault), { force: true });
    await this.#line?.close();
    await this.#server?.stop();
  }
}

/** One for all faults of the line: setting it takes half a minute. */
export const ssh: Scenery = { stage: () => new SshStage() };

/** A fault that needs the vault behind the line. */
export function farFault(fault: Omit<Fault, "run" | "on">, run: (stage: SshStage) => Promise<void>): Fault {
  return {
    ...fault,
    on: ssh,
    run: (stage) => {
      if (!(stage instanceof SshStage)) throw new Error(`${fault.name} needs the vault behind the line`);
      return run(stage);
    },
  };
}
