import type { TenantId } from "@holdfast/kernel/id";
import type { ObjectName } from "./object-name.ts";

/** Where a vault is and who runs it: published on the privacy page (claim BAK-3), counted by placement (BAK-2). */
export interface VaultPlace {
  readonly name: string;
  readonly dataCenter: string;
  readonly city: string;
  readonly country: string;
  readonly continent: string;
  readonly provider: string;
  /** True where one machine poses as several data centers: never called compliant. */
  readonly simulated: boolean;
  /** True only where the writer is technically unable to delete or overwrite. */
  readonly enforced: boolean;
}

/** One whole object of a vault. */
export interface StoredObject {
  readonly name: ObjectName;
  readonly bytes: number;
  readonly storedAtMs: number;
}

/** The signal cancels: nothing of the object stays. */
export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store that takes whole objects and never changes one. What every kind of vault (directory, S3, SFTP) promises:
 *
 * - `put` shows the object only when it is whole and durable; a failed or cancelled one leaves nothing. A name that
 *   exists is refused with `conflict`.
 * - `get` streams the bytes from `fromByte` to before `toByte`; a missing object is `not_found`.
 * - `list` yields whole objects only, in no order.
 * - There is no delete: that is another role's (see removeFromDirectoryVault).
 */
export interface Vault {
  readonly place: VaultPlace;
  put(
    name: ObjectName,
    content: AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ readonly bytes: number }>;
  get(
    name: ObjectName,
    range?: { readonly fromByte?: number; readonly toByte?: number },
  ): AsyncIterable<Buffer>;
  list(tenantId?: TenantId): AsyncIterable<StoredObject>;
}
