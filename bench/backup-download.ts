import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { SignedManifest } from "@holdfast/backups/manifest";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import { runJob } from "@holdfast/backups/run-job";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { BenchRun, Figure } from "./benchmark.ts";
import { figure } from "./measure.ts";
import { memoryBytes } from "./process-figures.ts";

const mebibyte = 1_048_576;
/** Nobody should look at a button that does nothing for longer than this. */
const firstByteWithinMs = 1_000;
/** What the process may take at its most, whatever the size: 110 to 200 MiB for 6 MiB and for 10 GiB alike, by the garbage of the moment. */
const mostMebibytes = 256;

/** A stored backup, as the agent's job for a download gets it. */
export interface StoredBackup {
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
  readonly dataKey: string;
  readonly vaults: readonly VaultSpec[];
  readonly signed: SignedManifest;
}

/**
 * One download of a large backup, in a process of its own as the agent runs it, watched from outside: when its first
 * byte comes, how fast the rest does, and how much memory it takes at its most. Flat means that one bound holds for
 * every size: each byte passes through the same bounded queues, and nothing but 200 bytes a file is kept; so ten times
 * as much takes ten times as long, in the same memory.
 */
export async function downloading(bench: BenchRun, backup: StoredBackup): Promise<readonly Figure[]> {
  const owner = `bench-download-${process.pid}`;
  const start = performance.now();
  let [firstMs, bytes, total, most] = [0, 0, 0, 0];
  const watch = setInterval(() => {
    const pid = processWith(owner);
    if (pid !== undefined) most = Math.max(most, memoryBytes(pid).now);
  }, 50);
  const job = { kind: "export", ...backup, fromByte: 0, toByte: null } as const;
  const done = await runJob<"export">(job, {
    owner,
    onStarted: (started) => (total = started.bytes),
    onChannel: (channel) =>
      channel.on("data", (chunk: Buffer) => {
        if (bytes === 0) firstMs = performance.now() - start;
        bytes += chunk.byteLength;
      }),
  }).finally(() => clearInterval(watch));
  const seconds = (performance.now() - start) / 1_000;
  if (done.kind !== "exported" || bytes !== total)
    throw new Error(`the download has ${bytes} of ${total} bytes`);
  const size = `${Math.round(total / mebibyte)} MiB`;
  const one = (name: string, unit: string, value: number, bound: Figure["bound"] = null): Figure =>
    figure(bench, { name, unit, bound, ours: [value] });
  return [
    one(`first byte of a download of ${size}, process start included`, "ms", firstMs, {
      atMost: firstByteWithinMs,
    }),
    one(`download of ${size}`, "MB/s", total / mebibyte / seconds),
    one(`memory of a download of ${size}, at its most`, "MiB", most / mebibyte, { atMost: mostMebibytes }),
  ];
}

/** The running process that has this word among its arguments. */
function processWith(word: string): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .find((pid) => argumentsOf(pid).includes(word));
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
