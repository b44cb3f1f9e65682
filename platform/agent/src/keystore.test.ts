import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { newId, type TenantId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";
import { Keystore } from "./keystore.ts";
import { rootKey } from "./root-key.ts";

const tenant = (): TenantId => newId<"tenant">(Date.now(), systemRandom.bytes(10));
let folder: DataFolder;
let keystore: Keystore;

beforeEach(() => {
  folder = dataFolder(mkdtempSync(join(tmpdir(), "hf-keys-")));
  keystore = new Keystore(folder.keystore, rootKey(folder, systemRandom), { random: systemRandom });
});
afterEach(() => rmSync(folder.root, { recursive: true }));

const file = (tenantId: TenantId): string => join(folder.keystore, `${tenantId}.json`);

describe("the keystore", () => {
  test("makes a key once and gives the same one again, also to a later process", () => {
    const acme = tenant();
    assert.deepEqual([keystore.ensureDataKey(acme), keystore.ensureDataKey(acme)], [true, false]);
    const again = new Keystore(folder.keystore, rootKey(folder, systemRandom), { random: systemRandom });
    assert.equal(keystore.dataKey(acme)?.length, 32);
    assert.deepEqual(again.dataKey(acme), keystore.dataKey(acme));
  });

  test("is opened by the script in the docs with the root key alone, former keys too, and no other", () => {
    const acme = tenant();
    keystore.ensureDataKey(acme);
    const first = Buffer.from(keystore.dataKey(acme) ?? []).toString("hex");
    keystore.renewDataKey(acme, { from: 1, at: new Date(0).toISOString() });
    const second = Buffer.from(keystore.dataKey(acme) ?? []).toString("hex");
    const script = new URL("../../../docs/open_key.py", import.meta.url).pathname;
    const opened = (...words: string[]) =>
      spawnSync("/usr/bin/python3", [script, folder.rootKey, file(acme), ...words], { encoding: "utf8" });
    assert.deepEqual([opened().stdout, opened("1").stdout], [`${second}\n`, `${first}\n`]);
    assert.notEqual(first, second);
    assert.match(opened("3").stderr, /there is no data key 3/);
    const other = join(folder.root, "other.key");
    writeFileSync(other, `holdfast-root-key-1:${Buffer.alloc(32, 7).toString("base64")}\n`);
    const refused = spawnSync("/usr/bin/python3", [script, other, file(acme)], { encoding: "utf8" });
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /another root key/);
  });

  test("never has a key or password in clear on the disk", () => {
    const acme = tenant();
    keystore.ensureDataKey(acme);
    keystore.ensurePassword(acme);
    const text = readFileSync(file(acme), "utf8");
    assert.ok(!text.includes(keystore.dataKey(acme)?.toString("base64") ?? ""));
    assert.ok(!text.includes(keystore.password(acme) ?? ""));
    assert.equal(statSync(file(acme)).mode & 0o777, 0o600);
  });

  test("refuses a record of which any one byte of a secret was changed", () => {
    const acme = tenant();
    keystore.ensureDataKey(acme);
    const record = JSON.parse(readFileSync(file(acme), "utf8")) as { dataKey: string };
    const bytes = Buffer.from(record.dataKey, "base64");
    for (const at of [0, 12, 30, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(file(acme), JSON.stringify({ ...record, dataKey: changed.toString("base64") }));
      assert.throws(() => keystore.dataKey(acme), { code: "conflict" });
    }
  });

  test("refuses the key of another tenant put in place of one's own", () => {
    const [acme, globex] = [tenant(), tenant()];
    keystore.ensureDataKey(acme);
    keystore.ensureDataKey(globex);
    const theirs = JSON.parse(readFileSync(file(globex), "utf8")) as object;
    writeFileSync(file(acme), JSON.stringify({ ...theirs, tenantId: acme }));
    assert.throws(() => keystore.dataKey(acme), { code: "conflict" });
    writeFileSync(file(acme), JSON.stringify(theirs));
    assert.throws(() => keystore.dataKey(acme), { code: "conflict" });
  });

  test("refuses a password put in place of the data key", () => {
    const acme = tenant();
    keystore.ensureDataKey(acme);
    keystore.ensurePassword(acme);
    const record = JSON.parse(readFileSync(file(acme), "utf8")) as { password: string };
    writeFileSync(file(acme), JSON.stringify({ ...record, dataKey: record.password }));
    assert.throws(() => keystore.dataKey(acme), { code: "conflict" });
  });

  test("shreds for good, twice without harm, and leaves no file", () => {
    const acme = tenant();
    keystore.ensureDataKey(acme);
    keystore.ensurePassword(acme);
    assert.deepEqual([keystore.shredDataKey(acme), keystore.shredDataKey(acme)], [true, false]);
    assert.equal(keystore.dataKey(acme), undefined);
    assert.equal(keystore.forgetPassword(acme), true);
    assert.deepEqual(keystore.list(), []);
    assert.deepEqual(readdirSync(folder.keystore), [".check"]);
  });
});

describe("the root key", () => {
  test("is not made anew while the keystore has keys that a new one could not open", () => {
    keystore.ensureDataKey(tenant());
    rmSync(folder.rootKey);
    assert.throws(() => rootKey(folder, systemRandom), { code: "conflict", hint: /recovery file/ });
  });

  test("is refused when others may read it", () => {
    chmodSync(folder.rootKey, 0o640);
    assert.throws(() => rootKey(folder, systemRandom), { code: "conflict", message: /640, wanted 600/ });
  });

  test("is refused at the start when it is not the one of this keystore", () => {
    writeFileSync(folder.rootKey, `holdfast-root-key-1:${Buffer.alloc(32, 7).toString("base64")}\n`);
    assert.throws(() => rootKey(folder, systemRandom), { code: "conflict" });
  });
});
