import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { objectName } from "@holdfast/backups/object-name";
import { removeObject } from "@holdfast/backups/retention-role";
import type { S3VaultSpec } from "@holdfast/backups/s3-connection";
import type { SftpVaultSpec } from "@holdfast/backups/sftp-connection";
import { type RadosGateway, startRadosGateway } from "@holdfast/backups/testing/rados-gateway";
import { type SftpServer, startSftpServer } from "@holdfast/backups/testing/sftp-server";
import { listCustomerBackups, showCustomer } from "@holdfast/protocol/control-methods";
import { addPlatformVault } from "@holdfast/protocol/retention-methods";
import { base } from "../fault-case.ts";
import type { Installation } from "../installation.ts";
import type { Fault, Scenery } from "./fault.ts";
import { bucketsFile } from "./inventory.ts";
import { Line } from "./line.ts";
import { Stage } from "./stage.ts";
import { type Mend, smallDiskOver } from "./vault-harm.ts";

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

/** An installation with a fourth vault: a real server, behind a line that can be made bad. */
export abstract class FarStage extends Stage {
  #line: Line | undefined;

  get line(): Line {
    if (!this.#line) throw new Error("the stage is not set");
    return this.#line;
  }

  /** Makes its disk full. */
  abstract fill(): Promise<() => Promise<void>>;

  /** @returns the port of the server. */
  protected abstract startServer(): Promise<number>;
  protected abstract addVault(installation: Installation, port: number): Promise<unknown>;
  protected abstract stopServer(): Promise<void>;

  protected override async dress(installation: Installation): Promise<void> {
    this.#line = await Line.to(await this.startServer());
    await this.addVault(installation, this.#line.port);
  }

  protected override async undress(_installation: Installation): Promise<void> {
    await this.#line?.close();
    await this.stopServer();
  }
}

/** Debian's OpenSSH. */
export class SshStage extends FarStage {
  #server: SftpServer | undefined;

  /** The vault's folder on its server, as whoever holds that server sees it. */
  get farFolder(): string {
    if (!this.#server) throw new Error("the stage is not set");
    return this.#server.folder;
  }

  override async fill(): Promise<() => Promise<void>> {
    const mend: Mend = smallDiskOver(join(this.farFolder, "incoming"), "size=1m");
    return async () => mend();
  }

  protected override async startServer(): Promise<number> {
    this.#server = await startSftpServer();
    return this.#server.writer.port;
  }

  protected override async addVault(installation: Installation, port: number): Promise<void> {
    const server = this.#server;
    if (!server) throw new Error("the server was not started");
    const { host, hostKey, path } = server.writer;
    const login = ({ user, privateKey }: SftpVaultSpec) => ({ user, privateKey });
    const roles = { writer: login(server.writer), retention: login(server.retention) };
    const where = { kind: "sftp" as const, ...place, host, hostKey, path, port };
    await installation.askControl(addPlatformVault, { ...where, ...roles });
    // The judge counts what lies there like any other vault's.
    symlinkSync(server.folder, join(installation.folder.vaults, farVault));
  }

  protected override async undress(installation: Installation): Promise<void> {
    rmSync(join(installation.folder.vaults, farVault), { force: true });
    await super.undress(installation);
  }

  protected override async stopServer(): Promise<void> {
    await this.#server?.stop();
  }
}

/** Ceph's gateway, over TLS. */
export class S3Stage extends FarStage {
  #gateway: RadosGateway | undefined;
  #bucket: { readonly writer: S3VaultSpec; readonly retention: S3VaultSpec } | undefined;

  override async fill(): Promise<() => Promise<void>> {
    const [gateway, bucket] = [this.#gateway, this.#bucket?.writer.bucket ?? ""];
    await gateway?.fill(bucket, true);
    return async () => void (await gateway?.fill(bucket, false));
  }

  /** The newest backup goes from the bucket behind everybody's back, as where a provider shows an old listing. */
  async forgetNewest(): Promise<void> {
    const { backups } = await this.installation.askControl(listCustomerBackups, { customer: base });
    const { tenantId } = await this.installation.askControl(showCustomer, { name: base });
    const [newest] = backups;
    if (!newest || !this.#bucket) throw new Error("there is nothing to forget");
    await removeObject(this.#bucket.retention, objectName(tenantId, newest.backupId), { bypass: true });
  }

  protected override async startServer(): Promise<number> {
    this.#gateway = await startRadosGateway();
    this.#bucket = await this.#gateway.bucket("governance");
    return Number(new URL(this.#bucket.writer.endpoint).port);
  }

  protected override async addVault(installation: Installation, port: number): Promise<void> {
    if (!this.#bucket) throw new Error("there is no bucket");
    const { region, bucket, prefix, pathStyle, ca, lock, lockDays } = this.#bucket.writer;
    const key = ({ accessKeyId, secretAccessKey }: S3VaultSpec) => ({ accessKeyId, secretAccessKey });
    const roles = { writer: key(this.#bucket.writer), retention: key(this.#bucket.retention) };
    const at = { endpoint: `https://localhost:${port}`, region, bucket, prefix, pathStyle, lock, lockDays };
    const where = { kind: "s3" as const, ...place, ...at, ...(ca === undefined ? {} : { ca }) };
    await installation.askControl(addPlatformVault, { ...where, ...roles });
    // The judge looks past the line.
    const judged = JSON.stringify({ [farVault]: this.#bucket.writer });
    writeFileSync(bucketsFile(installation.folder), judged, { mode: 0o600 });
  }

  protected override async stopServer(): Promise<void> {
    await this.#gateway?.stop();
  }
}

/** One for all faults of the line: setting it takes half a minute. */
export const ssh: Scenery = { stage: () => new SshStage() };
export const s3: Scenery = { stage: () => new S3Stage() };

/** Why there is no S3 engine here. */
export const noGateway: string | undefined = existsSync("/usr/bin/radosgw")
  ? undefined
  : "Debian's radosgw, ceph-mon and ceph-osd are not installed";

/** A fault that needs a vault behind the line. */
export function farFault<Kind extends FarStage>(
  fault: Omit<Fault, "run">,
  kind: abstract new (...words: never[]) => Kind,
  run: (stage: Kind) => Promise<void>,
): Fault {
  return {
    ...fault,
    run: (stage) => {
      if (!(stage instanceof kind)) throw new Error(`${fault.name} needs the vault behind the line`);
      return run(stage);
    },
  };
}
