import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseId, type TenantId } from "@holdfast/kernel/id";

/**
 * Which customers have something in their queues, and from when: an empty file of each, whose time is that moment. Kept so
 * that a server which is started anew, or had to close them, knows whom to open; nobody's mail is in it.
 */
export class OutgoingNotes {
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
  }

  /** @param dueMs - null: nothing waits. */
  note(tenantId: TenantId, dueMs: number | null): void {
    const path = join(this.#folder, tenantId);
    if (dueMs === null) return rmSync(path, { force: true });
    writeFileSync(path, "", { mode: 0o600 });
    utimesSync(path, dueMs / 1_000, dueMs / 1_000);
  }

  /** The longest due first. */
  due(nowMs: number): TenantId[] {
    return readdirSync(this.#folder)
      .flatMap((name) => parseId<"tenant">(name) ?? [])
      .map((tenantId) => ({ tenantId, dueMs: this.#dueMs(tenantId) }))
      .filter(({ dueMs }) => dueMs <= nowMs)
      .toSorted((one, other) => one.dueMs - other.dueMs)
      .map(({ tenantId }) => tenantId);
  }

  #dueMs(tenantId: TenantId): number {
    const found = statSync(join(this.#folder, tenantId), { throwIfNoEntry: false });
    return found?.mtimeMs ?? Number.POSITIVE_INFINITY;
  }
}
