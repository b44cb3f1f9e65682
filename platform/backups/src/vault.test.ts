import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { before, beforeEach, test } from "node:test";
import { removeFromDirectoryVault, removeIncoming, sweepIncoming } from "./directory-vault.ts";
import { type Copy, fanOut } from "./fan-out.ts";
import { incomingName, keepIncoming, sweepStore } from "./keeper.ts";
import { headName, type ObjectName, objectName, parseHeadName, parseObjectName } from "./object-name.ts";
import { openVault } from "./open-vault.ts";
import { filesOf, newTestId, stored, type TestVaults, threeVaults } from "./testing/vaults.ts";
import type { Vault } from "./vault.ts";
import { troubleOf, VaultError } from "./vault-error.ts";

let vaults: TestVaults;
let name: ObjectName;

before(async () => {
  vaults = await threeVaults();
});
beforeEach(() => {
  name = objectName(newTestId<"tenant">(), newTestId<"backup">());
});

const content = randomBytes(300_000);
const source = (bytes: Buffer = content) =>
  Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const kinds = (copies: readonly Copy[]) => copies.map(({ kind }) => kind);

async function leftIn(index: number): Promise<string[]> {
  const files = await filesOf(vaults.specs[index]!);
  return files.filter((file) => file.startsWith("incoming/") || file.includes(name));
}

test("a copy is the same in every vault, read-only, and in no incoming folder", async () => {
  assert.deepEqual(kinds(await fanOut(source(), vaults.vaults, name)), ["written", "written", "written"]);
  for (const [index, spec] of vaults.specs.entries()) {
    assert.equal(digest(await readFile(stored(spec, name))), digest(content));
    assert.equal((await stat(stored(spec, name))).mode & 0o777, 0o444);
    assert.deepEqual(await leftIn(index), [`store/${name}`]);
  }
});

test("any range of an object can be read", async () => {
  const [vault] = vaults.vaults;
  await vault!.put(name, source());
  for (const [fromByte, toByte] of [
    [0, 10],
    [99_990, 200_010],
    [299_999, 300_000],
    [5, 5],
  ] as const)
    assert.deepEqual(
      await buffer(vault!.get(name, { fromByte, toByte })),
      content.subarray(fromByte, toByte),
    );
  assert.deepEqual(await buffer(vault!.get(name, { fromByte: 100 })), content.subarray(100));
});

test("an object that exists is never overwritten", async () => {
  const [vault] = vaults.vaults;
  await vault!.put(name, source());
  await assert.rejects(vault!.put(name, source(randomBytes(10))), /already has an object/);
  await Promise.allSettled([1, 2].map(() => vault!.put(name, source(randomBytes(300_000)))));
  assert.equal(digest(await readFile(stored(vaults.specs[0]!, name))), digest(content));
  assert.deepEqual(await leftIn(0), [`store/${name}`]);
});

test("of two writers of one name exactly one succeeds", async () => {
  const [vault] = vaults.vaults;
  const results = await Promise.allSettled([
    vault!.put(name, source()),
    vault!.put(name, source(randomBytes(200_000))),
  ]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.deepEqual(await leftIn(0), [`store/${name}`]);
});

test("a vault that fails, is full or stalls is reported; the others get their copies", async () => {
  const [west, north] = vaults.vaults;
  const failing: Vault = {
    ...west!,
    put: async (_name, chunks) => {
      await chunks[Symbol.asyncIterator]().next();
      throw new Error("gone");
    },
  };
  const full = openVault({ ...vaults.specs[2]!, freeBytes: Number.MAX_SAFE_INTEGER });
  const stalled: Vault = {
    ...west!,
    place: { ...west!.place, name: "stalled" },
    put: (_name, _chunks, options) => {
      given = options?.signal;
      return new Promise(() => undefined);
    },
  };
  let given: AbortSignal | undefined;
  const big = Readable.from(Array.from({ length: 40 }, () => randomBytes(100_000)));
  const copies = await fanOut(big, [failing, north!, full, stalled], name, { stallMs: 3_000 });
  assert.deepEqual(kinds(copies), ["failed", "written", "failed", "failed"]);
  const reasons = copies.map((copy) => (copy.kind === "failed" ? copy.reason : ""));
  assert.match(reasons[2] ?? "", /vault "us-east" has a disk with \d+ MiB free, at least \d+ MiB wanted/);
  assert.match(reasons[3] ?? "", /vault "stalled" took nothing for 3 s/);
  assert.ok(given?.aborted, "what is under way to it is ended");
  assert.deepEqual(await leftIn(2), []);
});

test("a slow vault holds the source back instead of filling memory", async () => {
  const [west, north] = vaults.vaults;
  let [read, taken] = [0, 0];
  const slow: Vault = {
    ...west!,
    async put(_name, chunks) {
      for await (const chunk of chunks) {
        taken += chunk.byteLength;
        await new Promise((resolve) => setImmediate(resolve));
        assert.ok(read - taken < 3_000_000, `${read - taken} bytes wait`);
      }
      return { bytes: taken };
    },
  };
  const big = (async function* () {
    for (let chunk = 0; chunk < 200; chunk++) {
      read += 100_000;
      yield Buffer.alloc(100_000, chunk);
    }
  })();
  assert.deepEqual(kinds(await fanOut(big, [slow, north!], name)), ["written", "written"]);
});

test("when the source fails, or the work is cancelled, no vault has anything of it", async () => {
  const failing = async function* () {
    yield content;
    throw new Error("the source failed");
  };
  await assert.rejects(fanOut(failing(), vaults.vaults, name), /the source failed/);
  const cancel = new AbortController();
  const cancelled = async function* () {
    yield content;
    cancel.abort(new Error("cancelled"));
    yield content;
  };
  await assert.rejects(fanOut(cancelled(), vaults.vaults, name, { signal: cancel.signal }), /cancelled/);
  for (const index of [0, 1, 2]) assert.deepEqual(await leftIn(index), []);
});

test("a separate keeper takes objects over, and only then the copy counts", async () => {
  const spec = { ...vaults.specs[1]!, keeper: "separate" as const };
  assert.equal(openVault(spec).place.enforced, true);
  let isDone = false;
  const writing = openVault(spec)
    .put(name, source())
    .finally(() => (isDone = true));
  while ((await leftIn(1)).filter((file) => file.endsWith(".ready")).length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDone, false);
  assert.deepEqual(await keepIncoming(spec.path), [name]);
  assert.deepEqual(await writing, { bytes: content.byteLength });
  assert.deepEqual(await leftIn(1), [`store/${name}`]);
});

test("a cancelled writer takes back what the keeper has not taken over", async () => {
  const spec = { ...vaults.specs[1]!, keeper: "separate" as const };
  const cancel = new AbortController();
  const writing = openVault(spec).put(name, source(), { signal: cancel.signal });
  while ((await leftIn(1)).filter((file) => file.endsWith(".ready")).length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  cancel.abort(new Error("cancelled"));
  await assert.rejects(writing, /cancelled/);
  assert.deepEqual(await leftIn(1), []);
});

test("what a killed keeper left half copied is swept and keeps nothing from coming in", async () => {
  const spec = { ...vaults.specs[1]!, keeper: "separate" as const };
  const half = `${stored(spec, name)}.0a1b.part`;
  await mkdir(dirname(half), { recursive: true });
  await writeFile(half, "half");
  await writeFile(join(spec.path, "incoming", incomingName(name)), content);
  assert.deepEqual(await keepIncoming(spec.path), [name]);
  assert.deepEqual(await sweepStore(spec.path), [`${name}.0a1b.part`]);
  assert.deepEqual(await leftIn(1), [`store/${name}`]);
});

test("what killed jobs left of one object on its way in is removed, of others not", async () => {
  const [spec] = vaults.specs;
  const other = objectName(newTestId<"tenant">(), newTestId<"backup">());
  for (const each of [name, other])
    await writeFile(join(spec!.path, "incoming", incomingName(each)), content);
  await writeFile(join(spec!.path, "incoming", `${name.replace("/", "_")}.0a1b.part`), "half");
  await removeIncoming(spec!, name);
  assert.deepEqual(await leftIn(0), [`incoming/${incomingName(other)}`]);
  await removeIncoming(spec!, other);
});

test("the keeper leaves alone what is not a plain file named like an object", async () => {
  const [, , spec] = vaults.specs;
  const incoming = join(spec!.path, "incoming");
  await mkdir(incoming, { recursive: true });
  await symlink("/etc/passwd", join(incoming, incomingName(name)));
  await writeFile(join(incoming, "..%2f..%2fx.ready"), "x");
  await writeFile(join(incoming, "x_y.ready"), "x");
  assert.deepEqual(await keepIncoming(spec!.path), []);
  assert.equal(
    (await filesOf(spec!)).filter((file) => file.startsWith("store/")).filter((file) => file.includes(name))
      .length,
    0,
  );
  await rm(incoming, { recursive: true });
});

test("what is no plain file is not read: no pipe is waited on, no link or device followed", async () => {
  const [spec] = vaults.specs;
  const path = stored(spec!, name);
  await mkdir(dirname(path), { recursive: true });
  for (const put of [() => execFileSync("mkfifo", [path]), () => symlink("/dev/zero", path)]) {
    await put();
    await assert.rejects(buffer(openVault(spec!).get(name)), /no plain file/);
    await rm(path);
  }
});

test("sweeping removes what a killed writer left and keeps whole objects", async () => {
  const [spec] = vaults.specs;
  await writeFile(join(spec!.path, "incoming", "0a1b.part"), "half");
  await writeFile(join(spec!.path, "incoming", incomingName(name)), content);
  assert.deepEqual(await sweepIncoming(spec!), ["0a1b.part"]);
  assert.deepEqual(await leftIn(0), [`store/${name}`]);
  assert.deepEqual(await sweepIncoming(spec!), []);
});

test("the list shows whole objects only, and the retention role can remove one", async () => {
  const [spec] = vaults.specs;
  const vault = openVault(spec!);
  await vault.put(name, source());
  const { tenantId } = parseObjectName(name)!;
  await writeFile(join(spec!.path, "store", tenantId, "notes.txt"), "x");
  await writeFile(join(spec!.path, "incoming", "f.part"), "x");
  const listed = await Array.fromAsync(vault.list(tenantId));
  assert.deepEqual(
    listed.map((object) => [object.name, object.bytes]),
    [[name, content.byteLength]],
  );
  await rm(join(spec!.path, "store", tenantId, "notes.txt"));
  await removeFromDirectoryVault(spec!, name);
  await removeFromDirectoryVault(spec!, name);
  assert.deepEqual(await Array.fromAsync(vault.list(tenantId)), []);
  await assert.rejects(buffer(vault.get(name)), /has no object/);
});

test("no text from outside becomes a path", () => {
  const [tenant, backup] = name.slice(0, -4).split("/");
  for (const text of [
    "",
    "../x",
    `${tenant}/../${backup}.hfb`,
    `${tenant}/${backup}`,
    `${tenant}/${backup}.hfb/x`,
    `${tenant}/x.hfb`,
    `${name}\n`,
    name.toUpperCase(),
  ])
    assert.equal(parseObjectName(text), undefined, text);
  assert.equal(parseObjectName(name)?.object, name);
});

test("heads of the catalog have names of their own, which sort by their counter", () => {
  const { tenantId } = parseObjectName(name)!;
  assert.equal(headName(tenantId, 7), `${tenantId}/0000000007.hfh`);
  assert.equal(parseHeadName(headName(tenantId, 7))?.counter, 7);
  for (const text of [name, `${tenantId}/7.hfh`, `${tenantId}/0000000000.hfh`, "x/0000000001.hfh"])
    assert.equal(parseHeadName(text), undefined, text);
});

test("a failure of a vault says which trouble it is, and no path", async () => {
  const troubles = ["ECONNRESET", "EIO", "EACCES", "EROFS", "ENOSPC", "EDQUOT", "EISDIR"].map(troubleOf);
  assert.deepEqual(troubles, ["away", "away", "refused", "refused", "full", "full", "lying"]);
  const [spec] = vaults.specs;
  await mkdir(join(spec!.path, "elsewhere"), { recursive: true });
  await writeFile(join(spec!.path, "elsewhere", "incoming"), "no folder");
  const broken = openVault({ ...spec!, path: join(spec!.path, "elsewhere") });
  await assert.rejects(broken.put(name, source()), (error: unknown) => {
    assert.ok(error instanceof VaultError && error.trouble === "lying", String(error));
    return !error.message.includes(spec!.path);
  });
  await rm(join(spec!.path, "elsewhere"), { recursive: true });
});
