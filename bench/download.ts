import { openVault } from "@holdfast/backups/open-vault";
import { takeBackup } from "@holdfast/backups/take";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { takeOf, testBed } from "./backup-bed.ts";
import { downloading } from "./backup-download.ts";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";

/** The zip of a large customer: how soon it begins, how fast it comes, and that its size costs no memory. */
export const benchmark: Benchmark = {
  name: "download",
  description:
    "a backup of 1 GiB (10 GiB with HOLDFAST_DEEP=1) as a zip: its first byte, its speed, its memory",
  run: measure,
};

/** A backup that packs well: a download is a stream, whatever its size. */
async function measure(bench: BenchRun): Promise<readonly Figure[]> {
  const bed = await testBed(bench);
  const rows = bench.quick ? 200 : runDepth().deep ? 327_680 : 32_768;
  await bed.create("large", [
    "CREATE TABLE page (id int PRIMARY KEY, body text)",
    `INSERT INTO page SELECT i, repeat(md5(i::text) || ' ', 993) FROM generate_series(1, ${rows}) i`,
  ]);
  const input = takeOf(bed, "large");
  const vaults = bed.specs.slice(0, 1);
  const taken = await takeBackup({
    ...input,
    dataKey: bed.dataKey,
    vaults: vaults.map((spec) => openVault(spec)),
    nowMs: Date.now(),
  });
  await bed.drop("large");
  const { tenantId, backupId } = input;
  const dataKey = Buffer.from(bed.dataKey).toString("base64");
  return downloading(bench, { tenantId, backupId, dataKey, vaults, signed: taken.signed });
}
