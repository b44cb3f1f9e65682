import type { Random } from "@holdfast/kernel/random";
import type { ArchiveHead } from "./archive.ts";
import type { BackupIdentity } from "./container.ts";
import type { DataKeys } from "./data-keys.ts";
import type { DatabaseAddress } from "./postgres.ts";
import type { Vault } from "./vault.ts";

/** All that one backup is made from. */
export interface TakeInput extends BackupIdentity, DataKeys {
  readonly database: DatabaseAddress;
  readonly filesDir: string;
  readonly vaults: readonly Vault[];
  /** What control knows of the customer at that time. */
  readonly head: Pick<ArchiveHead, "name" | "apps" | "codeVersion" | "customer">;
  readonly nowMs: number;
  /** Path of pg_dump, of the server's major version or newer. */
  readonly pgDump: string;
  readonly random?: Random;
}
