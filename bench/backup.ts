import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadBackup } from "@holdfast/backups/load";
import { openVault } from "@holdfast/backups/open-vault";
import { runJob } from "@holdfast/backups/run-job";
import { takeBackup } from "@holdfast/backups/take";
import { type Bed, program, takeOf, testBed } from "./backup-bed.ts";
import { hugeSchema, smallSchema } from "./backup-schema.ts";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { compare, figure, milliseconds } from "./measure.ts";

/** Of the speed of PostgreSQL's own tools, which neither encrypt nor compare. */
const atLeast = 0.85;
const databases = 10_000;
const hourMs = 3_600_000;
const megabyte = 1_048_576;
const run = promisify(execFile);

/** Taking and restoring against PostgreSQL's own tools, and how long a night of 10,000 customers is. */
export const benchmark: Benchmark = {
  name: "backup",
  description:
    "taking a backup to three vaults against `pg_dump | zstd`, restoring against pg_restore, 10,000 small databases",
  run: measure,
};

async function measure(bench: BenchRun): Promise<readonly Figure[]> {
  const bed = await testBed(bench);
  const huge = await bed.create("huge", hugeSchema(bench.quick ? 500 : 120_000));
  return [
    await taking(bench, bed, huge),
    await restoring(bench, bed, huge),
    ...(await manySmall(bench, bed)),
  ];
}

async function taking(bench: BenchRun, bed: Bed, database: string): Promise<Figure> {
  const dump = join(bed.folder, "dump.zst");
  const contentBytes = (await take()).manifest.totals.bytes;
  const perSecond = (ms: number): number => contentBytes / megabyte / (ms / 1_000);
  function take() {
    const input = takeOf(bed, database);
    return takeBackup({
      ...input,
      dataKey: bed.dataKey,
      vaults: bed.specs.map((spec) => openVault(spec)),
      nowMs: Date.now(),
    });
  }
  return compare(bench, {
    name: "take to three vaults, sealed, digests of every table",
    unit: "MB/s",
    bound: { atLeast },
    ours: async () => {
      const ms = await milliseconds(take);
      for (const { path } of bed.specs) rmSync(join(path, "store"), { recursive: true, force: true });
      return perSecond(ms);
    },
    reference: {
      name: "pg_dump | zstd -3 to one file, not encrypted",
      measure: async () => {
        const line = `set -o pipefail; "$1" "$2" | zstd -3 -q -f -o "$3" && sync "$3"`;
        const words = [program("pg_dump"), bed.libpq(database), dump];
        return perSecond(await milliseconds(() => run("/bin/bash", ["-c", line, "bench", ...words])));
      },
    },
  });
}

async function restoring(bench: BenchRun, bed: Bed, database: string): Promise<Figure> {
  const dump = join(bed.folder, "dump.custom");
  await run(program("pg_dump"), ["-Fc", "-f", dump, bed.libpq(database)]);
  const input = takeOf(bed, database);
  const vaults = bed.specs.map((spec) => openVault(spec));
  const taken = await takeBackup({ ...input, dataKey: bed.dataKey, vaults, nowMs: Date.now() });
  const source = { tenantId: input.tenantId, backupId: input.backupId, dataKey: bed.dataKey };
  const perSecond = (ms: number): number => taken.manifest.totals.bytes / megabyte / (ms / 1_000);
  const { tables, constraints } = hugeSchema(0);
  return compare(bench, {
    name: "restore: tables, rows, every digest compared, indexes and keys",
    unit: "MB/s",
    bound: { atLeast },
    ours: async () => {
      const filesDir = mkdtempSync(join(bed.folder, "files-"));
      await bed.create("ours", []);
      const ms = await milliseconds(async () => {
        await bed.sql("ours", tables);
        const target = { database: bed.addressOf("ours"), dataKey: bed.dataKey, filesDir };
        const loaded = await loadBackup({ source, vaults, target });
        if (loaded.kind !== "loaded") throw new Error("the backup was not loaded");
        await bed.sql("ours", constraints);
      });
      await bed.drop("ours");
      return perSecond(ms);
    },
    reference: {
      name: "pg_restore of a custom dump",
      measure: async () => {
        await bed.create("theirs", []);
        const words = ["-d", bed.libpq("theirs"), "--exit-on-error", dump];
        const ms = await milliseconds(() => run(program("pg_restore"), words));
        await bed.drop("theirs");
        return perSecond(ms);
      },
    },
  });
}

/** One job after the other in processes of their own, as the agent runs them: taken, then read back from every vault. */
async function manySmall(bench: BenchRun, bed: Bed): Promise<Figure[]> {
  await bed.create("small", smallSchema(bench.quick ? 5 : 120));
  const dataKey = Buffer.from(bed.dataKey).toString("base64");
  const seconds: number[] = [];
  for (let round = 0; round < (bench.quick ? 1 : 12); round++) {
    const input = takeOf(bed, "small");
    const job = { tenantId: input.tenantId, backupId: input.backupId, dataKey, vaults: bed.specs };
    const ms = await milliseconds(async () => {
      const { bytes, sha256 } = await runJob<"take">({ kind: "take", ...input, ...job });
      const { stored } = await runJob<"verify">({ kind: "verify", ...job, expected: { bytes, sha256 } });
      if (!stored) throw new Error("the small backup was not stored");
    });
    seconds.push(ms / 1_000);
  }
  const one = figure(bench, {
    name: "one small database, taken and read back",
    unit: "s",
    bound: null,
    ours: seconds,
  });
  const atOnce = Math.max(1, availableParallelism());
  const hours = (hosts: number): Figure =>
    figure(bench, {
      name: `10,000 small databases on ${hosts === 1 ? "one host" : `${hosts} hosts`} like this, ${atOnce} jobs at once`,
      unit: "h",
      // The schedule has the hours between due and breach: a night that is longer breaks the promise of 24 hours.
      bound: { atMost: 6 },
      ours: [longestHostHours(seconds, { hosts, atOnce })],
    });
  return [one, hours(1), hours(3)];
}

/**
 * Lives through one round of the schedule: databases fall to hosts by their id, each host takes the next one as soon
 * as one of its jobs is over. Jobs side by side share the cores they were measured alone on.
 *
 * @param seconds - measured durations, used in turn. @returns the hours of the host that is last.
 */
function longestHostHours(
  seconds: readonly number[],
  { hosts, atOnce }: { readonly hosts: number; readonly atOnce: number },
): number {
  const slots = Array.from({ length: hosts }, () => Array.from({ length: atOnce }, () => 0));
  for (let database = 0; database < databases; database++) {
    const host = slots[randomBytes(1).readUInt8() % hosts] ?? [];
    const next = host.indexOf(Math.min(...host));
    // A job and the server that it reads keep more than one core busy: side by side each takes longer.
    host[next] = (host[next] ?? 0) + (seconds[database % seconds.length] ?? 0) * (atOnce > 1 ? 1.5 : 1);
  }
  return (Math.max(...slots.flat()) * 1_000) / hourMs;
}
