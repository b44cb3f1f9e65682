import type { TenantId } from "@holdfast/kernel/id";
import type { VaultObjectName } from "./object-name.ts";

/** How a vault is reached. */
export type VaultKind = "directory" | "s3" | "sftp";

/** Where a vault is and who runs it: published on the privacy page (claim BAK-3), counted by placement (BAK-2). */
export interface VaultPlace {
  readonly name: string;
  readonly dataCenter: string;
  readonly city: string;
  readonly country: string;
  readonly continent: string;
  readonly provider: string;
  /** What its provider states and we cannot measure, "ISO 27001" say. */
  readonly attestations?: readonly string[];
  /** True where one machine poses as several data centers: never called compliant. */
  readonly simulated: boolean;
  /** True only where the writer is technically unable to delete or overwrite, as the last check measured. */
  readonly enforced: boolean;
}

/** What a kind of vault can do beyond storing whole objects. */
export interface VaultCapabilities {
  /** A copy that was cut off goes on where it stopped: see {@link PutOptions.resume}. */
  readonly resumable: boolean;
  /** The vault itself compares what it took with a digest that we send along. */
  readonly serverChecksum: "sha256" | "none";
  /** Nobody, or only the retention role (governance), deletes before the lock ends. */
  readonly lock: "none" | "governance" | "compliance";
  /** Its requests end by themselves when nothing moves. What waits for a disk that hangs does not. */
  readonly endsItself: boolean;
}

/** One whole object of a vault. */
export interface StoredObject {
  readonly name: VaultObjectName;
  readonly bytes: number;
  readonly storedAtMs: number;
}

/** Without `resume` a failed or cancelled put leaves nothing. */
export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * The bytes of this name are the same at every try (a copy of a stored object): what came in stays for the
   * next try, which sends only the rest. The size tells what is left over from another object.
   */
  readonly resume?: { readonly bytes: number } | undefined;
}

/**
 * A store that takes whole objects and never changes one. What every kind of vault promises:
 *
 * - `put` shows the object only when it is whole and durable. A name that exists is refused with `conflict`.
 * - `get` streams the bytes from `fromByte` to before `toByte`; a missing object is `not_found`.
 * - `list` yields whole objects only (backups and catalog heads), in no order.
 * - There is no delete: that is another role's, with another credential (see Retention).
 * - What fails for a reason of the vault is a VaultError that says which trouble it is.
 */
export interface Vault {
  readonly kind: VaultKind;
  readonly place: VaultPlace;
  readonly capabilities: VaultCapabilities;
  put(
    name: VaultObjectName,
    content: AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ readonly bytes: number }>;
  get(
    name: VaultObjectName,
    range?: { readonly fromByte?: number; readonly toByte?: number },
  ): AsyncIterable<Buffer>;
  list(tenantId?: TenantId): AsyncIterable<StoredObject>;
  /** Ends connections that it holds; nothing for a vault without any. */
  close(): Promise<void>;
}
