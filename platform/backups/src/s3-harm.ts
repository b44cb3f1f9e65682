import type { VaultObjectName } from "./object-name.ts";
import type { Harm } from "./probe-vault.ts";
import { md5, S3Connection, type S3VaultSpec } from "./s3-connection.ts";
import { firstVersion } from "./s3-vault.ts";

/** Tries to delete an object in every way that S3 knows, to shorten its lock, and to put another over it. */
export async function harmS3(
  spec: S3VaultSpec,
  name: VaultObjectName,
): Promise<{ deletion: Harm; overwriting: Harm }> {
  const s3 = new S3Connection(spec);
  try {
    const before = await firstVersion(s3, name);
    const isAsBefore = async () => {
      const now = await firstVersion(s3, name).catch(() => undefined);
      return now !== undefined && now.id === before?.id && now.bytes === before?.bytes;
    };
    const at = s3.at(name);
    const version = before?.id === undefined ? {} : { VersionId: before.id };
    const body = Buffer.from("overwritten");
    const over = { ...at, Body: body, ContentMD5: md5(body).toString("base64") };
    const overwriting = await attempt(isAsBefore, () =>
      s3.run((sdk, client) => client.send(new sdk.PutObjectCommand(over))),
    );
    const shortened = {
      ...at,
      ...version,
      Retention: { Mode: mode(spec), RetainUntilDate: new Date(Date.now() + 1_000) },
    };
    if (spec.lock !== "none")
      await s3
        .run((sdk, client) => client.send(new sdk.PutObjectRetentionCommand(shortened)))
        .catch(() => undefined);
    const hidden = await attempt(isAsBefore, () =>
      s3.run((sdk, client) => client.send(new sdk.DeleteObjectCommand(at))),
    );
    const removed = await attempt(isAsBefore, () =>
      s3.run((sdk, client) =>
        client.send(new sdk.DeleteObjectCommand({ ...at, ...version, BypassGovernanceRetention: true })),
      ),
    );
    const deletion =
      [hidden, removed].find((harm) => harm === "done") ?? (removed === "refused" ? hidden : removed);
    return { deletion, overwriting };
  } finally {
    await s3.close();
  }
}

const mode = ({ lock }: S3VaultSpec) =>
  lock === "compliance" ? ("COMPLIANCE" as const) : ("GOVERNANCE" as const);

async function attempt(isAsBefore: () => Promise<boolean>, harm: () => Promise<unknown>): Promise<Harm> {
  try {
    await harm();
  } catch {
    return (await isAsBefore()) ? "refused" : "done";
  }
  return (await isAsBefore()) ? "without effect" : "done";
}
