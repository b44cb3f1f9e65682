import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory that must be free before tests get it as their disk: two installations at once fill about a quarter of it. */
const leastFreeBytes = 6 * 2 ** 30;
const memory = "/dev/shm";

/** Where a run keeps what nobody wants afterwards; gone when it is disposed of. */
export interface ScratchFolder extends Disposable {
  /** What brings programs to put their temporary files there, the code that Node compiled, and what tests make once. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * In memory where there is plenty: nobody waits for a disk then. What a power failure loses is not what tests
 * are about, and what dying processes lose is the same.
 */
export function scratchFolder(): ScratchFolder {
  const folder = mkdtempSync(join(isPlenty() ? memory : tmpdir(), "hf-"));
  const compiled = join(folder, "compiled");
  mkdirSync(compiled);
  // Parts of an installation are other users than we, as in production.
  for (const path of [folder, compiled]) chmodSync(path, 0o1777);
  return {
    env: { TMPDIR: folder, NODE_COMPILE_CACHE: compiled, HOLDFAST_SCRATCH: folder },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function isPlenty(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    const [, kibibytes = "0"] =
      /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
    return Math.min(bavail * bsize, Number(kibibytes) * 1024) > leastFreeBytes;
  } catch {
    return false;
  }
}
