import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";

/** A data folder of its own under the system's temporary folder, reachable by PostgreSQL's user. */
export function temporaryDataFolder(): DataFolder & { remove(): void } {
  const root = mkdtempSync(join(tmpdir(), "hf-data-"));
  chmodSync(root, 0o755);
  return { ...dataFolder(root), remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** An id that no tenant has. */
export function anyTenant(): TenantId {
  return newId<"tenant">(Date.now(), systemRandom.bytes(10));
}
