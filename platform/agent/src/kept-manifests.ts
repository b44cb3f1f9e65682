import type { SignedManifest } from "@holdfast/backups/manifest";
import { assert } from "@holdfast/kernel/assert";
import type { BackupId } from "@holdfast/kernel/id";

const most = 16;

/** Manifests from take, describe and load, so that comparing right after reads no vault again; the oldest go first. */
export class KeptManifests {
  readonly #manifests = new Map<BackupId, SignedManifest>();

  get(backupId: BackupId): SignedManifest | undefined {
    return this.#manifests.get(backupId);
  }

  keep(backupId: BackupId, signed: SignedManifest): void {
    this.#manifests.delete(backupId);
    this.#manifests.set(backupId, signed);
    const [oldest] = this.#manifests.keys();
    if (this.#manifests.size > most && oldest !== undefined) this.#manifests.delete(oldest);
    assert(this.#manifests.size <= most, "kept manifests are bounded");
  }

  delete(backupId: BackupId): void {
    this.#manifests.delete(backupId);
  }
}
