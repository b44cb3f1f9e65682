import { createHmac } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Erased, eraseMarked, type Mark } from "@holdfast/app-base/erase";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { openTenant } from "@holdfast/protocol/agent-methods";
import { readErasures } from "@holdfast/protocol/erasure-methods";
import { controlActor } from "./actor.ts";
import type { Parts, Slot } from "./parts.ts";

/** Rows of one customer's backup in some database. */
export interface Replay {
  /** Whose backups they are, or were before an import: who was erased from any of these stays erased. */
  readonly of: readonly TenantId[];
  readonly into: TenantId;
  readonly apps: readonly string[];
  readonly slot?: Slot;
}

/**
 * Erases again, from rows that a backup brought back, everybody who was erased since: before anybody can see them.
 * Asks nothing of the database when nobody ever was erased.
 *
 * @throws when the list of who was erased cannot be read: a restore without it must not go on.
 */
export async function replayErasures(
  parts: Parts,
  { of, into, apps, slot = "live" }: Replay,
): Promise<Erased | null> {
  const known = await Promise.all(of.map((tenantId) => parts.agent(readErasures, { tenantId })));
  const lists = known
    .flatMap((each) => each.lists)
    .filter(({ marks }) => marks.length > 0)
    .map(({ key, marks }) => ({ key: Buffer.from(key, "base64"), marks: new Set(marks) }));
  if (lists.length === 0) return null;
  const isMarked = (mark: Mark): boolean => lists.some(({ key, marks }) => marks.has(digestOf(key, mark)));
  const erased = await parts.tenants.withData(
    into,
    apps,
    (data) => data.writing(controlActor, (env) => eraseMarked(env, isMarked)),
    slot,
  );
  await removeContent(parts, { into, slot, files: erased.files });
  return erased;
}

/** Whose erasures a backup has to do with: the customer's, and those of whom an import says that it comes from. */
export async function originsOf(
  { data }: Pick<Parts, "data">,
  { tenantId, backupId }: { readonly tenantId: TenantId; readonly backupId: number },
): Promise<TenantId[]> {
  const env = data.reading(controlActor);
  const [backup] = await env.of(Backup).read(await env.of(Backup).exists([backupId]), ["origin_tenant"]);
  const from = parseId<"tenant">(backup?.origin_tenant ?? "");
  return from === undefined || from === tenantId ? [tenantId] : [tenantId, from];
}

/** What is kept of a mark. */
export function digestOf(key: Uint8Array, mark: Mark): string {
  return createHmac("sha256", key).update(mark).digest("hex");
}

/** Files whose last record is gone. Control is in the group that they belong to. */
async function removeContent(
  parts: Parts,
  { into, slot, files }: { readonly into: TenantId; readonly slot: Slot; readonly files: readonly string[] },
): Promise<void> {
  if (files.length === 0) return;
  const { filesDir } = await parts.agent(openTenant, { tenantId: into });
  const folder = slot === "live" ? filesDir : join(dirname(filesDir), `.beside-${into}`);
  for (const sha256 of files.filter((name) => /^[0-9a-f]{64}$/.test(name)))
    rmSync(join(folder, sha256.slice(0, 2), sha256), { force: true });
}
