import { buffer } from "node:stream/consumers";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type BackupId, newId, type TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { harmDirectory } from "./directory-harm.ts";
import { type ObjectName, objectName } from "./object-name.ts";
import { openVault, type VaultSpec } from "./open-vault.ts";
import { harmS3 } from "./s3-harm.ts";
import { harmSftp } from "./sftp-harm.ts";
import { VaultError, type VaultTrouble } from "./vault-error.ts";

/** Whose objects probes write; no customer has this id. */
export const probeTenant = "00000000-0000-7000-8000-000000000000" as TenantId;

/** What became of an attempt to harm a stored object with the writer's own credential. */
export type Harm = "refused" | "without effect" | "done";

/** What a check of a vault measured. */
export type VaultCheck =
  | {
      readonly kind: "works";
      readonly object: ObjectName;
      /** The writer tried to delete and to overwrite, and the object is as it was. */
      readonly enforced: boolean;
      readonly deletion: Harm;
      readonly overwriting: Harm;
      readonly putMs: number;
      readonly getMs: number;
    }
  /** Only whether it answers was asked. */
  | { readonly kind: "answers"; readonly getMs: number }
  | { readonly kind: "fails"; readonly trouble: VaultTrouble | "wrong"; readonly reason: string };

/**
 * Writes a small object, reads it back whole and in part, sees it in the list, and then tries to delete and to overwrite
 * it as the writer that was taken over would. The object stays, for the retention role to remove.
 */
export async function checkVault(
  spec: VaultSpec,
  { nowMs, random, signal }: { nowMs: number; random: Random; signal?: AbortSignal | undefined },
): Promise<VaultCheck> {
  // A probe's object is locked for a minute, so that checks leave nothing for months.
  const vault = openVault(spec.kind === "s3" ? { ...spec, lockDays: 1 / 1_440 } : spec);
  const object = objectName(probeTenant, newId<"backup">(nowMs, random.bytes(10)) as BackupId);
  const content = Buffer.from(random.bytes(4_096));
  try {
    const began = performance.now();
    await vault.put(object, once(content), { signal });
    const put = performance.now();
    const whole = (await buffer(vault.get(object))).equals(content);
    const read = performance.now();
    const part = await buffer(vault.get(object, { fromByte: 100, toByte: 300 }));
    const listed = (await Array.fromAsync(vault.list(probeTenant))).some(({ name }) => name === object);
    if (!whole || !part.equals(content.subarray(100, 300)) || !listed)
      throw new VaultError(spec.place.name, "lying", { why: "does not give back what it took" });
    const harm = await harmed(spec, object);
    const isLeft = await buffer(vault.get(object)).then(
      (left) => left.equals(content),
      () => false,
    );
    return {
      kind: "works",
      object,
      enforced: isLeft && harm.deletion !== "done" && harm.overwriting !== "done",
      ...harm,
      putMs: Math.round(put - began),
      getMs: Math.round(read - put),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const trouble = error instanceof VaultError ? error.trouble : "wrong";
    return { kind: "fails", trouble, reason: reasonOf(error) };
  } finally {
    await vault.close();
  }
}

function harmed(spec: VaultSpec, object: ObjectName): Promise<{ deletion: Harm; overwriting: Harm }> {
  switch (spec.kind) {
    case "directory":
      return harmDirectory(spec, object);
    case "s3":
      return harmS3(spec, object);
    case "sftp":
      return harmSftp(spec, object);
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

const reasonOf = (error: unknown): string =>
  error instanceof ExpectedError ? error.message : `fails with ${(error as Error).name}`;
