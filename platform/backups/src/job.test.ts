import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compareBackup } from "./compare.ts";
import { sweepIncoming } from "./directory-vault.ts";
import { exportBackup } from "./export/export.ts";
import type { JobTarget, TakeJob } from "./jobs.ts";
import { loadBackup } from "./load.ts";
import { objectName } from "./object-name.ts";
import { runJob } from "./run-job.ts";
import { takeBackup } from "./take.ts";
import { pgDump, startCluster, type TestCluster } from "./testing/cluster.ts";
import { addFile, oddRows, oddSchema, type Sample, sampleOf, takeInputOf } from "./testing/samples.ts";
import { filesOf, flipByte, newTestId, type TestVaults, threeVaults } from "./testing/vaults.ts";
import { verifyCopies } from "./verify.ts";

let cluster: TestCluster;
let vaults: TestVaults;
let acme: Sample;

before(async () => {
  [cluster, vaults] = await Promise.all([startCluster(), threeVaults()]);
  const database = await cluster.createDatabase("acme");
  await cluster.sql(database, oddSchema + oddRows);
  await cluster.sql(
    database,
    "CREATE TABLE big (id int PRIMARY KEY, v text); INSERT INTO big SELECT n, md5(n::text) FROM generate_series(1, 100000) n",
  );
  acme = await sampleOf(database, [10, 100_000, 20_000_000]);
});

after(async () => {
  await cluster.stop();
});

const base64 = (key: Uint8Array) => Buffer.from(key).toString("base64");
const targetOf = (sample: Sample): JobTarget => ({
  database: sample.database,
  filesDir: sample.filesDir,
  dataKey: base64(sample.dataKey),
});

function takeJob(): TakeJob {
  const head = { name: "acme", apps: [], codeVersion: "0.1.0" };
  const ids = { tenantId: acme.tenantId, backupId: newTestId<"backup">() };
  return { kind: "take", ...ids, ...targetOf(acme), vaults: vaults.specs, head, pgDump };
}

const residue = async () =>
  (await Promise.all(vaults.specs.map(filesOf))).flat().filter((file) => file.startsWith("incoming/"));

test("the five jobs run one after the other in processes of their own", async () => {
  const steps = new Set<string>();
  const options = { onProgress: ({ step }: { step: string }) => void steps.add(step) };
  const job = takeJob();
  const source = { tenantId: job.tenantId, backupId: job.backupId, dataKey: job.dataKey };
  const backup = await runJob<"take">(job, options);
  assert.equal(
    (await runJob<"verify">({ kind: "verify", ...source, vaults: job.vaults, expected: backup }, options))
      .stored,
    true,
  );
  await flipByte(vaults.specs[0]!, objectName(job.tenantId, job.backupId), 5_000);
  const described = await runJob<"describe">({ kind: "describe", ...source, vaults: job.vaults }, options);
  assert.equal(described.kind === "described" && described.vault, "eu-north");
  const copy = await sampleOf(await cluster.createDatabase("copy"));
  await cluster.sql(copy.database, `${oddSchema} CREATE TABLE big (id int PRIMARY KEY, v text)`);
  const loaded = await runJob<"load">(
    { kind: "load", source, vaults: job.vaults, target: targetOf(copy) },
    options,
  );
  assert.equal(loaded.kind, "loaded");
  const compared = await runJob<"compare">(
    { kind: "compare", source, vaults: job.vaults, target: targetOf(copy) },
    options,
  );
  assert.deepEqual([compared.equal, compared.differences], [true, []]);
  for (const step of [
    "copying rows",
    "copying files",
    "reading back eu-west",
    "loading rows",
    "loading files",
    "comparing rows",
  ])
    assert.ok(steps.has(step), step);
});

test("an expected failure reaches the caller with its code, message and hint", async () => {
  const job = takeJob();
  await runJob<"take">(job);
  await assert.rejects(
    runJob<"take">(job),
    /no vault took the backup: vault "eu-west" already has an object/,
  );
  await assert.rejects(
    runJob<"take">({ ...takeJob(), database: { ...acme.database, password: "wrong" } }),
    /failed unexpectedly/,
  );
});

const filesIn = async () => (await Promise.all(vaults.specs.map(filesOf))).flat();

function started(job: TakeJob) {
  const childFile = fileURLToPath(new URL("./child.ts", import.meta.url));
  const child = spawn(process.execPath, [childFile], { env: {}, stdio: ["pipe", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk) => (log += chunk));
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin.write(`${JSON.stringify(job)}\n`);
  return { child, ended, log: () => log };
}

/** Stops a take in the middle of its writing; tries again when it was quicker than the stop. */
async function stoppedWhileWriting(stop: (child: ReturnType<typeof started>["child"]) => unknown) {
  for (let attempt = 0; attempt < 10; attempt++) {
    const job = takeJob();
    const { child, ended, log } = started(job);
    while (child.exitCode === null && (await residue()).length === 0) await new Promise(setImmediate);
    stop(child);
    await ended;
    if (!(await filesIn()).some((file) => file.startsWith("store/") && file.includes(job.backupId)))
      return log();
  }
  return assert.fail("no job was stopped while it wrote");
}

test("SIGTERM, and the end of who asked, cancel a job without residue", async () => {
  assert.match(await stoppedWhileWriting((child) => child.kill("SIGTERM")), /was cancelled/);
  assert.deepEqual(await residue(), []);
  assert.match(await stoppedWhileWriting((child) => child.stdin.end()), /was cancelled/);
  assert.deepEqual(await residue(), []);
});

test("a cancelled job tells the caller the reason of the cancelling", async () => {
  const cancel = new AbortController();
  const onProgress = () => cancel.abort(new Error("the request was closed"));
  await assert.rejects(
    runJob<"take">(takeJob(), { signal: cancel.signal, onProgress }),
    /the request was closed/,
  );
  assert.deepEqual(await residue(), []);
});

test("what SIGKILL leaves is no backup and is swept at the next start", async () => {
  await stoppedWhileWriting((child) => child.kill("SIGKILL"));
  assert.ok((await residue()).every((file) => file.endsWith(".part")) && (await residue()).length > 0);
  for (const spec of vaults.specs) await sweepIncoming(spec);
  assert.deepEqual(await residue(), []);
});

test("no key and no password is in the arguments, environment or log of a job or of pg_dump", async () => {
  const job = takeJob();
  const { child, ended, log } = started(job);
  let seen = "";
  while (child.exitCode === null) seen += await shownBy(String(child.pid));
  await ended;
  assert.ok(seen.includes("child.ts"), "the job was seen running");
  assert.ok(seen.includes("--snapshot"), "pg_dump was seen running");
  for (const secret of [job.dataKey, String(acme.database.password)])
    assert.ok(!`${seen}${log()}`.includes(secret), "a secret shows");
});

/** Arguments and environment of a process and its descendants: what any neighbour on the host may read. */
async function shownBy(pid: string): Promise<string> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "");
  const [line, environment, children] = await Promise.all(
    ["cmdline", "environ", `task/${pid}/children`].map(read),
  );
  const below = (children ?? "").split(" ").filter((child) => child !== "");
  return `${line}\n${environment}\n${(await Promise.all(below.map(shownBy))).join("")}`;
}

// biome-ignore lint/style/noProcessEnv: the size of a test is chosen from outside it
const megabytes = process.env["HOLDFAST_DEEP"] === undefined ? 24 : 250;
const growthLimitBytes = 160 * 2 ** 20;

test(`taking, verifying, loading and downloading ${megabytes} MB needs memory that does not grow with it`, async () => {
  const schema = "CREATE TABLE noise (id int PRIMARY KEY, v text)";
  const source = await sampleOf(await cluster.createDatabase("noise"));
  await cluster.sql(
    source.database,
    `${schema}; INSERT INTO noise SELECT n, encode(sha512(n::text::bytea), 'base64') || repeat('x', 900) FROM generate_series(1, ${megabytes * 1000}) n`,
  );
  await addFile(source, Buffer.alloc(20 * 2 ** 20, 7));
  const target = await sampleOf(await cluster.createDatabase("noise_target"));
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
  let zipBytes = 0;
  const sink = {
    begin: async () => undefined,
    write: async (piece: Buffer) => void (zipBytes += piece.byteLength),
  };
  const wanted = { source: input, vaults: vaults.vaults, signed: taken.signed, fromByte: 0, toByte: null };
  assert.equal((await exportBackup(wanted, sink)).kind, "exported");
  assert.ok(zipBytes > taken.manifest.totals.bytes);
  clearInterval(timer);
  const contentMiB = taken.manifest.totals.bytes / 2 ** 20;
  const report = { contentMiB, tookMs, loadedMs, growthMiB: (peak - start) / 2 ** 20 };
  assert.ok(contentMiB > megabytes && peak - start < growthLimitBytes, JSON.stringify(report));
  if (megabytes > 100) process.stdout.write(`# ${JSON.stringify(report)}\n`);
});

test("rows larger than a part, and tables of several parts, come back whole", async () => {
  const schema = "CREATE TABLE wide (id int PRIMARY KEY, v text)";
  const source = await sampleOf(await cluster.createDatabase("wide"));
  const rows =
    "INSERT INTO wide SELECT n, repeat(md5(n::text), 160000 * (n % 2)) FROM generate_series(1, 4) n";
  await cluster.sql(source.database, `${schema}; ${rows}`);
  const target = await sampleOf(await cluster.createDatabase("wide_target"));
  await cluster.sql(target.database, schema);
  const input = takeInputOf(source, vaults.vaults);
  const { manifest, signed } = await takeBackup(input);
  assert.ok((manifest.tables[0]?.bytes ?? 0) > 2 * 2 ** 22);
  await loadBackup({ source: input, vaults: vaults.vaults, target });
  const { differences } = await compareBackup({ target, signed, source: source });
  assert.deepEqual(differences, []);
});
