import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { CatalogAudit } from "./catalog-audit.ts";
import type { AuditJob, CatalogChanged, CatalogJob, Entering } from "./catalog-jobs.ts";
import type { CatalogMemory } from "./catalog-store.ts";
import type { Compared } from "./compare.ts";
import type { JobKeys } from "./data-keys.ts";
import type { Described } from "./describe.ts";
import type { Exported } from "./export/export.ts";
import type { Copy } from "./fan-out.ts";
import type { Imported } from "./import/import.ts";
import type { Loaded } from "./load.ts";
import type { SignedManifest } from "./manifest.ts";
import type { VaultSpec } from "./open-vault.ts";
import type { Parts, PartsInput } from "./parts.ts";
import type { Peeked } from "./peek.ts";
import type { DatabaseAddress } from "./postgres.ts";
import type { JobProgress } from "./progress.ts";
import type { Resealed } from "./reseal.ts";
import type { Taken } from "./take.ts";
import type { TakeInput } from "./take-input.ts";
import type { Checked, CheckJob, Listed, ListJob, Removed, RemoveJob } from "./vault-jobs.ts";
import type { Verified } from "./verify.ts";

/** What the child process is asked to do, as one line of JSON on its stdin. Keys are base64 of 32 bytes. */
export type JobSpec =
  | TakeJob
  | VerifyJob
  | DescribeJob
  | PeekJob
  | LoadJob
  | CompareJob
  | CopyJob
  | PublishJob
  | PartsJob
  | ExportJob
  | ImportJob
  | ListJob
  | RemoveJob
  | CheckJob
  | CatalogJob
  | AuditJob
  | ResealJob;

/** See takeBackup. */
export interface TakeJob extends JobIdentity {
  readonly kind: "take";
  readonly database: DatabaseAddress;
  readonly filesDir: string;
  readonly vaults: readonly VaultSpec[];
  readonly head: TakeInput["head"];
  readonly pgDump: string;
}

/** See verifyCopies. */
export interface VerifyJob extends JobIdentity {
  readonly kind: "verify";
  readonly vaults: readonly VaultSpec[];
  readonly expected?: { readonly bytes: number; readonly sha256: string };
  /** Enters what is whole into its vault's catalog; see enterCopies. */
  readonly enter?: Omit<Entering, "backupId">;
}

/** See loadBackup. */
export interface LoadJob {
  readonly kind: "load";
  readonly source: JobIdentity;
  readonly vaults: readonly VaultSpec[];
  readonly target: JobTarget;
}

/** See describeBackup. */
export interface DescribeJob extends JobIdentity {
  readonly kind: "describe";
  readonly vaults: readonly VaultSpec[];
}

/** See peekBackup. */
export interface PeekJob extends JobIdentity {
  readonly kind: "peek";
  readonly vaults: readonly VaultSpec[];
}

/** See publishFiles. Gets no key: it moves sealed objects. */
export interface PublishJob {
  readonly kind: "publish";
  readonly from: string;
  readonly to: string;
}

/** See restoreParts. Gets no key: rows go from one database to another. */
export interface PartsJob extends PartsInput {
  readonly kind: "parts";
}

/** See exportBackup. The zip goes out on the channel; its size comes first, as `started`. */
export interface ExportJob extends JobIdentity {
  readonly kind: "export";
  readonly vaults: readonly VaultSpec[];
  /** Absent: read from the vaults first. */
  readonly signed?: SignedManifest;
  readonly fromByte: number;
  readonly toByte: number | null;
}

/** See importZip. The zip comes in on the channel. */
export interface ImportJob extends JobIdentity {
  readonly kind: "import";
  readonly vaults: readonly VaultSpec[];
  readonly database: DatabaseAddress;
  readonly pgDump: string;
  readonly name: string;
  readonly vouched: boolean;
}

/** See compareBackup. */
export interface CompareJob {
  readonly kind: "compare";
  readonly source: JobIdentity;
  /** Where the manifest is read from when none is given. */
  readonly vaults: readonly VaultSpec[];
  readonly target: JobTarget;
  /** As `take`, `describe` or `load` returned it. */
  readonly signed?: SignedManifest;
}

/** See copyObject. Gets no key: it moves sealed bytes. */
export interface CopyJob {
  readonly kind: "copy";
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
  readonly from: VaultSpec;
  readonly to: readonly VaultSpec[];
  readonly expected: { readonly bytes: number; readonly sha256: string };
}

/** Gets the keys and no vault: it seals files of one customer anew. See resealFiles. */
export interface ResealJob extends JobKeys {
  readonly kind: "reseal";
  readonly filesDir: string;
  readonly after: string;
}

/** Which backup, and the data keys of the customer it is of. */
export interface JobIdentity extends JobKeys {
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
}

/** Where to restore to, with the data keys of that customer. */
export interface JobTarget extends JobKeys {
  readonly database: DatabaseAddress;
  readonly filesDir: string;
}

/** The result of each kind of job. */
export interface JobResults {
  readonly take: Taken;
  readonly verify: Verified & { readonly memory?: CatalogMemory };
  readonly describe: Described;
  readonly peek: Peeked;
  readonly publish: number;
  readonly parts: Parts;
  readonly export: Exported;
  readonly import: Imported;
  readonly load: Loaded;
  readonly compare: Compared;
  readonly copy: readonly Copy[];
  readonly list: Listed;
  readonly remove: Removed;
  readonly check: Checked;
  readonly catalog: CatalogChanged;
  readonly audit: CatalogAudit;
  readonly reseal: Resealed;
}

/** One line of the child's stdout. After `result` or `error` nothing follows. */
export type JobMessage =
  | { readonly progress: JobProgress }
  /** Before the first byte on the channel. */
  | { readonly started: { readonly bytes: number } }
  | { readonly result: JobResults[JobSpec["kind"]] }
  | {
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
    };
