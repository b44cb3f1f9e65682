import { Alarm } from "@holdfast/panel/alarm";
import { backupIdSchema } from "@holdfast/protocol/ids";
import { partsWishSchema } from "@holdfast/protocol/parts-methods";
import { partsSchema } from "@holdfast/protocol/restore-methods";
import type { OwnOperation } from "@holdfast/protocol/self-service-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** Alarms that a customer's page lists. */
const most = 20;

/** What is wrong with this customer's backups now, as operators read it. */
export async function alarmsOf(parts: Parts, databaseId: number) {
  const open = await parts.data
    .reading(controlActor)
    .of(Alarm)
    .searchRead(
      [
        ["database_id", "=", databaseId],
        ["resolved_at", "=", false],
      ],
      ["severity", "sentence", "since"],
      { order: "since", limit: most },
    );
  return open
    .filter(({ severity }) => severity !== "notice")
    .map(({ severity, sentence, since }) => ({ severity, sentence, since: since.toString() }));
}

const partsInputSchema = z.object({ key: backupIdSchema, ...partsWishSchema.shape });
const partsResultSchema = z.object({ parts: partsSchema, safetyBackup: backupIdSchema.optional() });

/** What chosen parts would change, or changed; null for all other work. */
export function partsShown({
  input,
  result,
}: {
  readonly input: unknown;
  readonly result: unknown;
}): OwnOperation["parts"] {
  const asked = partsInputSchema.safeParse(input);
  const found = partsResultSchema.safeParse(result);
  if (!asked.success || !found.success) return null;
  const { key: backupId, models, mode } = asked.data;
  return { ...found.data.parts, models, mode, backupId, safetyBackup: found.data.safetyBackup ?? null };
}
