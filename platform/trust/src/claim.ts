import type { DirectoryVaultSpec } from "@holdfast/backups/directory-vault";
import type { Tenant } from "@holdfast/framework/http/route";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { Clock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { CallOptions } from "@holdfast/protocol/call";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import type { Visitor } from "./visitor.ts";

/** What a probe found on the running installation: never a constant, never a setting read back. */
export interface Finding {
  readonly state: "pass" | "fail" | "not_applicable";
  /** It holds, but on parts that only pose as what the claim speaks of (three folders as data centers). */
  readonly simulated?: boolean;
  /** What was measured, in one sentence with figures: "12 copies of 4 backups read back from 3 vaults". Public. */
  readonly summary: string;
  /** For operators; never shown in public. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A database that a probe may look at. */
export interface DatabaseInScope {
  readonly name: string;
  readonly tenantId: TenantId;
  readonly apps: readonly string[];
  readonly neutralized: boolean;
  readonly createdAt: Temporal.Instant;
}

/** A database opened with its own role and key: what signs and opens links needs no more. */
export interface OpenedTenant extends Pick<Tenant, "id" | "name" | "data" | "key" | "baseUrl"> {}

/** What a restore on the side gave, as the stored operation noted it. */
export interface RestoredCopy {
  readonly database: DatabaseInScope;
  /** The vault whose copy was taken. */
  readonly vault: string;
  /** Copies that were tried before and refused. */
  readonly refused: readonly { readonly vault: string; readonly reason: string }[];
  readonly equal: boolean;
  readonly differences: readonly string[];
  readonly summary: { readonly tables: number; readonly rows: number; readonly files: number };
}

/** Control's own stored operations, as a drill uses them. */
export interface Drills {
  /** One backup of a database, to every vault. */
  backUp(databaseName: string): Promise<void>;
  /** A neutralized copy of a backup beside the live database. @throws ExpectedError when it cannot be restored. */
  restoreBeside(backupRecordId: number): Promise<RestoredCopy>;
  /** Removes such a copy; refuses anything that no drill made. */
  remove(copyName: string): Promise<void>;
  /** The zip of a backup from a byte on, by the door that people use. `bytes`: of the whole zip. */
  download(
    databaseName: string,
    backupId: string,
    fromByte: number,
  ): Promise<{ readonly bytes: number; readonly body: AsyncIterable<Buffer> }>;
  /** Takes a zip in as a backup of a database. @returns the backup's record id. */
  takeIn(databaseName: string, zip: Buffer): Promise<number>;
  /** Lets the installation's look-out look for alarms now, as its schedule does. */
  lookOut(): Promise<void>;
  /** The vaults whose disks are on this machine, as whoever carries a disk away would read them. */
  rawVaults(): readonly DirectoryVaultSpec[];
  /** The files of a customer as they lie on the disk; each is named by the digest of its content. */
  rawFiles(tenantId: TenantId): readonly { readonly sha256: string; read(): Buffer }[];
}

/** What a probe works with. It runs inside control, with control's rights and no others. */
export interface ProbeContext {
  /** Running databases; when a saboteur is judged: its scratch databases alone. */
  readonly databases: readonly DatabaseInScope[];
  /**
   * Databases made for probes, the only ones in which a probe writes: the permanent canary, made at first
   * need like any customer; when a saboteur is judged, its scratch databases.
   */
  canaries(): Promise<readonly DatabaseInScope[]>;
  /** The control database. */
  readonly control: DataSource;
  /** Opens a database with its own role for the block alone. */
  within<T>(database: DatabaseInScope, block: (tenant: OpenedTenant) => Promise<T>): Promise<T>;
  agent<M extends Method>(method: M, input: InputOf<M>, options?: CallOptions): Promise<OutputOf<M>>;
  readonly drills: Drills;
  /** Root of the sources that the installation runs; when a saboteur is judged, of its weakened copy if it has one. */
  readonly repository: string;
  /** Visits the installation as anyone on the network would. */
  readonly visitor: Visitor;
  /** `https://<name>.localhost:<port>`; when a saboteur is judged, of its scratch server if it has one. */
  urlOf(name: string): string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** One promise of the product with what measures it; each stands in a folder of `claims/`. */
export interface Claim {
  /** Its kind and a number: `BAK-2`. Numbers that are missing are promises not made yet. */
  readonly id: string;
  /** The promise in our own words, as the trust page shows it. */
  readonly promise: string;
  /** How it is measured, for the trust page. */
  readonly method: string;
  /** After this the last finding no longer counts as shown green. */
  readonly maxAgeMinutes: number;
  probe(context: ProbeContext): Promise<Finding>;
}
