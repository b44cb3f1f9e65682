import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { systemRandom } from "@holdfast/kernel/random";
import { objectName } from "../object-name.ts";
import { checkVault } from "../probe-vault.ts";
import { removeObject } from "../retention-role.ts";
import { md5, S3Connection, type S3VaultSpec } from "../s3-connection.ts";
import { unfinishedUploads } from "../s3-upload.ts";
import { type RadosGateway, startRadosGateway } from "../testing/rados-gateway.ts";
import { describeVault, inChunks, troubled, using } from "../testing/vault-contract.ts";
import { newTestId } from "../testing/vaults.ts";

let gateway: RadosGateway;
let locked: { writer: S3VaultSpec; retention: S3VaultSpec };
let governed: typeof locked;
let plain: typeof locked;
before(async () => {
  gateway = await startRadosGateway();
  [locked, governed, plain] = [
    await gateway.bucket("compliance"),
    await gateway.bucket("governance"),
    await gateway.bucket("none"),
  ];
});
after(() => gateway?.stop());

const newName = () => objectName(newTestId<"tenant">(), newTestId<"backup">());
const content = randomBytes(200_000);

describeVault("S3 with a compliance lock", () => ({ ...locked, enforces: true }));

test("under a compliance lock nobody deletes, not even the retention role that breaks governance", async () => {
  const name = newName();
  await using(locked.writer, (vault) => vault.put(name, inChunks(content)));
  assert.equal((await removeObject(locked.writer, name, { bypass: true })).kind, "locked");
  const kept = await removeObject(locked.retention, name, { bypass: true });
  assert.ok(kept.kind === "locked" && kept.untilMs > Date.now() + 80_000_000, JSON.stringify(kept));
  assert.ok((await using(locked.writer, (vault) => buffer(vault.get(name)))).equals(content));
});

test("what a lock kept goes once the lock has ended, and not before", async () => {
  const name = newName();
  const lockDays = 4 / 86_400;
  await using({ ...locked.writer, lockDays }, (vault) => vault.put(name, inChunks(content)));
  const kept = await removeObject(locked.retention, name);
  assert.ok(kept.kind === "locked" && kept.untilMs < Date.now() + 10_000, JSON.stringify(kept));
  await wait(kept.untilMs - Date.now() + 1_500);
  assert.deepEqual(await removeObject(locked.retention, name), { kind: "removed" });
  assert.deepEqual(await removeObject(locked.retention, name), { kind: "absent" });
});

test("what somebody with the writer's credential puts over an object, or before it, is never read", async () => {
  const name = newName();
  await using(locked.writer, async (vault) => {
    await vault.put(name, inChunks(content));
    const s3 = new S3Connection(locked.writer);
    const body = Buffer.from("ransom");
    const over = { ...s3.at(name), Body: body, ContentMD5: md5(body).toString("base64") };
    await s3.run((sdk, client) => client.send(new sdk.PutObjectCommand(over)));
    await s3.close();
    assert.ok((await buffer(vault.get(name))).equals(content));
    const [listed] = await Array.fromAsync(vault.list()).then((all) =>
      all.filter((each) => each.name === name),
    );
    assert.equal(listed?.bytes, content.byteLength);
  });
});

test("a governance lock keeps what it holds from everybody but the retention role that means to break it", async () => {
  const name = newName();
  await using(governed.writer, (vault) => vault.put(name, inChunks(content)));
  assert.equal((await removeObject(governed.writer, name, { bypass: true })).kind, "locked");
  assert.equal((await removeObject(governed.retention, name)).kind, "locked");
  assert.equal((await removeObject(governed.retention, name, { bypass: true })).kind, "removed");
  assert.equal((await removeObject(governed.retention, name)).kind, "absent");
});

test("without versions the writer could overwrite, and the check says so", async () => {
  const check = await checkVault(plain.writer, { nowMs: Date.now(), random: systemRandom });
  assert.ok(check.kind === "works" && !check.enforced && check.overwriting === "done", JSON.stringify(check));
  const name = newName();
  await using(plain.writer, (vault) => vault.put(name, inChunks(content)));
  assert.deepEqual(await removeObject(plain.retention, name), { kind: "removed" });
});

test("a put that failed leaves no upload behind; one that may be resumed does, until it is swept", async () => {
  const [name, other] = [newName(), newName()];
  const big = randomBytes(20_000_000);
  const s3 = new S3Connection(plain.writer);
  await using(plain.writer, async (vault) => {
    await assert.rejects(vault.put(name, inChunks(big, 17_000_000)), /cut off/);
    assert.deepEqual(await unfinishedUploads(s3, s3.at(name).Key), []);
    await assert.rejects(
      vault.put(other, inChunks(big, 17_000_000), { resume: { bytes: 20_000_000 } }),
      /cut off/,
    );
    assert.equal((await unfinishedUploads(s3, s3.at(other).Key)).length, 1);
  });
  await s3.close();
});

test("a wrong key, a bucket that is not there and a certificate of a stranger are refused", async () => {
  const { ca: _ca, ...stranger } = locked.writer;
  for (const spec of [
    { ...locked.writer, secretAccessKey: "wrong" },
    { ...locked.writer, bucket: "nowhere" },
    stranger,
  ])
    await using(spec, (vault) =>
      assert.rejects(vault.put(newName(), inChunks(content)), troubled("refused")),
    );
});
