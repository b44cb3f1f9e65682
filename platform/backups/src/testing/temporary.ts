import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;
let folders = 0;

/** A new empty folder that goes with this process; others may enter it, so that PostgreSQL's user can. */
export function temporaryFolder(name: string): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), "holdfast-backups-"));
    chmodSync(made, 0o755);
    root = made;
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  const folder = join(root, `${name}-${++folders}`);
  mkdirSync(folder, { mode: 0o755 });
  return folder;
}
