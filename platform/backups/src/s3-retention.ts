import { ExpectedError } from "@holdfast/kernel/errors";
import type { VaultObjectName } from "./object-name.ts";
import type { Removal, RemovalOptions } from "./retention-role.ts";
import { S3Connection, type S3VaultSpec } from "./s3-connection.ts";
import { abandon, unfinishedUploads } from "./s3-upload.ts";
import { everyVersion, type ObjectVersion } from "./s3-vault.ts";
import { VaultError } from "./vault-error.ts";

/** Deletes every version of an object; one under a lock stays, and the answer says until when. */
export async function removeFromS3(
  spec: S3VaultSpec,
  name: VaultObjectName,
  { bypass = false }: RemovalOptions,
): Promise<Removal> {
  const s3 = new S3Connection(spec);
  const at = s3.at(name);
  try {
    if (spec.lock === "none") {
      await s3.run((sdk, client) => client.send(new sdk.DeleteObjectCommand(at)));
      return { kind: "removed" };
    }
    let [removed, untilMs] = [0, 0];
    for (const version of (await Array.fromAsync(everyVersion(s3, at.Key))).filter(
      ({ key }) => key === at.Key,
    )) {
      const lockedUntil = await removeVersion(s3, { at, version, bypass });
      if (lockedUntil === undefined) removed++;
      else untilMs = Math.max(untilMs, lockedUntil);
    }
    if (untilMs > 0) return { kind: "locked", untilMs };
    return { kind: removed > 0 ? "removed" : "absent" };
  } finally {
    await s3.close();
  }
}

/** @returns until when it is locked, if it stays. @throws VaultError `refused` when it is not the lock that keeps it. */
async function removeVersion(
  s3: S3Connection,
  { at, version, bypass }: { at: { Bucket: string; Key: string }; version: ObjectVersion; bypass: boolean },
): Promise<number | undefined> {
  const wanted = { ...at, VersionId: version.id };
  const past = bypass ? { BypassGovernanceRetention: true } : {};
  try {
    await s3.run((sdk, client) => client.send(new sdk.DeleteObjectCommand({ ...wanted, ...past })));
    return undefined;
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "not_found") return undefined;
    if (!(error instanceof VaultError && error.trouble === "refused")) throw error;
    const lock = await s3
      .run((sdk, client) => client.send(new sdk.GetObjectRetentionCommand(wanted)))
      .catch(() => undefined);
    const until = lock?.Retention?.RetainUntilDate?.getTime() ?? 0;
    if (until > Date.now()) return until;
    throw error;
  }
}

/** Takes back the uploads of an object that were begun and not ended. */
export async function removeUploads(spec: S3VaultSpec, name: VaultObjectName): Promise<void> {
  const s3 = new S3Connection(spec);
  try {
    const at = s3.at(name);
    for (const id of await unfinishedUploads(s3, at.Key)) await abandon(s3, at, id);
  } finally {
    await s3.close();
  }
}
