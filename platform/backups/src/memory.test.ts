import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { loadBackup } from "./load.ts";
import { takeBackup } from "./take.ts";
import { startCluster, type TestCluster } from "./testing/cluster.ts";
import { addFile, sampleOf, takeInputOf } from "./testing/samples.ts";
import { threeVaults } from "./testing/vaults.ts";
import { verifyCopies } from "./verify.ts";

// biome-ignore lint/style/noProcessEnv: the size of a test is chosen from outside it
const megabytes = process.env["HOLDFAST_DEEP"] === undefined ? 24 : 250;
const growthLimitBytes = 160 * 2 ** 20;

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(() => cluster.stop());

test(`taking, verifying and loading ${megabytes} MB needs memory that does not grow with it`, async () => {
  const vaults = await threeVaults();
  const schema = "CREATE TABLE noise (id int PRIMARY KEY, v text)";
  const source = await sampleOf(await cluster.createDatabase("source"));
  await cluster.sql(
    source.database,
    `${schema}; INSERT INTO noise SELECT n, encode(sha512(n::text::bytea), 'base64') || repeat('x', 900) FROM generate_series(1, ${megabytes * 1000}) n`,
  );
  await addFile(source, Buffer.alloc(20 * 2 ** 20, 7));
  const target = await sampleOf(await cluster.createDatabase("target"));
  await cluster.sql(target.database, schema);
  const start = process.memoryUsage().rss;
  let peak = start;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  const input = takeInputOf(source, vaults.vaults);
  const began = performance.now();
  const taken = await takeBackup(input);
  const tookMs = performance.now() - began;
  assert.equal((await verifyCopies({ ...input, expected: taken })).stored, true);
  const loadBegan = performance.now();
  assert.equal((await loadBackup({ source: input, vaults: vaults.vaults, target })).kind, "loaded");
  const loadedMs = performance.now() - loadBegan;
  clearInterval(timer);
  const contentMiB = taken.manifest.totals.bytes / 2 ** 20;
  const report = { contentMiB, tookMs, loadedMs, growthMiB: (peak - start) / 2 ** 20 };
  assert.ok(contentMiB > megabytes && peak - start < growthLimitBytes, JSON.stringify(report));
  if (megabytes > 100) process.stdout.write(`# ${JSON.stringify(report)}\n`);
});
