import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseId, type TenantId } from "@holdfast/kernel/id";

/**
 * Which customers have something in their queues, and from when: an empty file of each, whose time is that moment. Kept so
 * that a server which is started anew, or had to close them, knows whom to open; nobody's mail is in it.
 */
export class OutgoingNotes {
  readonly #folder: string;
  /** In which round each was told of last, since this process began. */
  readonly #told = new Map<TenantId, number>();
  #round = 0;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
  }

  /** @param dueMs - null: nothing waits. */
  note(tenantId: TenantId, dueMs: number | null): void {
    const path = join(this.#folder, tenantId);
    if (dueMs === null) {
      this.#told.delete(tenantId);
      return rmSync(path, { force: true });
    }
    writeFileSync(path, "", { mode: 0o600 });
    utimesSync(path, dueMs / 1_000, dueMs / 1_000);
  }

  /** That these were told of: those who were not, or longer ago, come before them from now on. */
  told(tenantIds: readonly TenantId[]): void {
    this.#round += 1;
    for (const tenantId of tenantIds) this.#told.set(tenantId, this.#round);
  }

  /** Who was told of longest ago comes first, of these the longest due: those who cannot be opened hold up nobody. */
  due(nowMs: number): TenantId[] {
    const round = (tenantId: TenantId): number => this.#told.get(tenantId) ?? 0;
    return readdirSync(this.#folder)
      .flatMap((name) => parseId<"tenant">(name) ?? [])
      .map((tenantId) => ({ tenantId, dueMs: this.#dueMs(tenantId) }))
      .filter(({ dueMs }) => dueMs <= nowMs)
      .toSorted((one, other) => round(one.tenantId) - round(other.tenantId) || one.dueMs - other.dueMs)
      .map(({ tenantId }) => tenantId);
  }

  #dueMs(tenantId: TenantId): number {
    const found = statSync(join(this.#folder, tenantId), { throwIfNoEntry: false });
    return found?.mtimeMs ?? Number.POSITIVE_INFINITY;
  }
}
