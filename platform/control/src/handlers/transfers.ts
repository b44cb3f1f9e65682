import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { signedManifestSchema } from "@holdfast/protocol/backup-methods";
import { type Handler, handleDownload, handleUpload } from "@holdfast/protocol/serve";
import { downloadBackup, exportBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import type { Parts } from "../parts.ts";
import { type OwningDatabase, ownerOf } from "../uploads/owning-database.ts";
import { takeIn } from "../uploads/take-in.ts";
import { noteTransfer } from "../uploads/transfer-note.ts";

/** A manifest longer than this does not travel with the request: the agent reads it from the vaults. */
const manifestBytes = 700_000;

/** Backups as zips, out and in: for customers of their own alone, for operators of any. Claim BAK-4. */
export function transferHandlers({ parts, places }: ControlContext): Handler[] {
  return [
    handleDownload(downloadBackup, async ({ of, backupId, by, fromByte, toByte }, { signal }) => {
      const owner = await ownerOf(parts, of);
      const backup = await backupOf(parts, owner, backupId);
      // Written down before the first byte: who breaks off has had some of it.
      await noteTransfer(parts, owner, { kind: "download", backupId: backup.id, by, fromByte });
      const { head, body } = await parts.agentBytes.download(
        exportBackup,
        { tenantId: owner.tenantId, backupId, fromByte, toByte, ...signedOf(backup.manifest) },
        { signal },
      );
      const stamp = backup.taken_at.toString().slice(0, 16).replace(/[:T]/g, "-");
      return { head: { ...head, backupId, fileName: `${owner.name}-${stamp}.zip` }, body };
    }),
    // In one go, from who reads it off a disk or a pipe beside us; what comes over a line comes by pieces.
    handleUpload(uploadBackup, async ({ of, by }, { body, signal }) =>
      places.while(await ownerOf(parts, of), () => takeIn(parts, { of, by, body, signal })),
    ),
  ];
}

async function backupOf(parts: Parts, owner: OwningDatabase, key: string) {
  const [backup] = await parts.data
    .reading(controlActor)
    .of(Backup)
    .searchRead(
      [
        ["key", "=", key],
        ["tenant_id", "=", owner.tenantId],
        ["state", "in", ["stored", "partial", "damaged"]],
      ],
      ["taken_at", "manifest"],
      { limit: 1 },
    );
  if (!backup) throw new ExpectedError("not_found", `there is no such backup of "${owner.name}"`);
  return backup;
}

function signedOf(manifest: unknown) {
  const signed = signedManifestSchema.safeParse(manifest);
  return signed.success && signed.data.text.length < manifestBytes ? { signed: signed.data } : {};
}
