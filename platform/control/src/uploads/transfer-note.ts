import { BackupTransfer } from "@holdfast/panel/backup";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import type { OwningDatabase } from "./owning-database.ts";

/** Who moved what. */
export interface Transfer {
  readonly kind: "download" | "import";
  readonly backupId: number;
  readonly by: string;
  readonly fromByte: number;
}

/** Writes down who fetched or brought a backup. */
export async function noteTransfer(
  parts: Pick<Parts, "data" | "log">,
  owner: OwningDatabase,
  { kind, backupId, by, fromByte }: Transfer,
) {
  await parts.data.writing(controlActor, (env) =>
    env.of(BackupTransfer).create([
      {
        backup_id: backupId,
        tenant_id: owner.tenantId,
        database_name: owner.name,
        kind,
        by,
        at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
        from_byte: String(fromByte),
      },
    ]),
  );
  parts.log("info", `backup ${kind}`, { of: owner.name, by, fromByte });
}
