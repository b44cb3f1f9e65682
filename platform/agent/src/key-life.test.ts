import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { systemRandom } from "@holdfast/kernel/random";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { vaultSettingsSchema } from "@holdfast/protocol/vault-methods";
import { Keystore } from "./keystore.ts";
import { KeystoreReplicas, replicaFolders } from "./keystore-replicas.ts";
import { credentialRootKey, newRootKeyLine, type RootKey, rootKey } from "./root-key.ts";
import { healRotten, isRotating, rotateRootKey } from "./root-rotation.ts";
import { ShredCertificates } from "./shred-certificates.ts";
import { ourselves } from "./system-user.ts";
import { anyTenant, temporaryDataFolder } from "./testing.ts";
import { Tombstones } from "./tombstones.ts";
import { VaultRegistry } from "./vault-registry.ts";

let folder: DataFolder & { remove(): void };
beforeEach(() => {
  folder = temporaryDataFolder();
});
afterEach(() => folder.remove());

function open() {
  const root = rootKey(folder, systemRandom);
  const replicas = new KeystoreReplicas(replicaFolders(folder));
  return { root, keystore: new Keystore(folder.keystore, root, { random: systemRandom, replicas }) };
}
const none = () => false;
const noKey = new Uint8Array(32);
const records = (path: string) => readdirSync(path).filter((name) => name.endsWith(".json"));

describe("the keystore's replicas", () => {
  test("have every record, from which a lost keystore is put back", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const key = keystore.dataKey(acme);
    keystore.matchReplicas(none);
    rmSync(folder.keystore, { recursive: true });
    cpSync(replicaFolders(folder)[1] ?? "", folder.keystore, { recursive: true });
    assert.deepEqual(open().keystore.dataKey(acme), key);
  });

  test("forget a shredded key before it counts as shredded; one that is away holds that up", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const [first = "", second = ""] = replicaFolders(folder);
    renameSync(second, `${second}.away`);
    assert.throws(() => keystore.shredDataKey(acme), { code: "unavailable" });
    assert.ok(keystore.dataKey(acme));
    renameSync(`${second}.away`, second);
    assert.equal(keystore.shredDataKey(acme), true);
    for (const path of [folder.keystore, first, second]) assert.deepEqual(records(path), []);
  });

  test("catch up when they are back: what is missing comes, what is gone goes", () => {
    const { keystore } = open();
    const [first = ""] = replicaFolders(folder);
    renameSync(first, `${first}.away`);
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    assert.deepEqual(keystore.matchReplicas(none).away, [first]);
    assert.deepEqual(keystore.look().away, [first]);
    renameSync(`${first}.away`, first);
    const gone = anyTenant();
    writeFileSync(join(first, `${gone}.json`), "of somebody whose key was destroyed meanwhile");
    const matched = keystore.matchReplicas((tenantId) => tenantId === gone);
    assert.deepEqual(matched, { away: [], recovered: [], unreadable: [] });
    assert.deepEqual(records(first), [`${acme}.json`]);
  });

  test("are not emptied by a keystore that was lost: it comes back from them", () => {
    const { keystore } = open();
    const tenants = [anyTenant(), anyTenant()];
    for (const tenant of tenants) keystore.ensureDataKey(tenant);
    const keys = tenants.map((tenant) => keystore.dataKey(tenant));
    keystore.matchReplicas(none);
    rmSync(folder.keystore, { recursive: true });
    const again = open().keystore;
    const { recovered } = again.matchReplicas(none);
    assert.deepEqual(recovered.toSorted(), tenants.map((tenant) => `${tenant}.json`).toSorted());
    assert.deepEqual(
      tenants.map((tenant) => again.dataKey(tenant)),
      keys,
    );
    for (const path of replicaFolders(folder)) assert.equal(records(path).length, 2);
  });

  test("mend a record that rotted in the keystore, and do not take its damage over", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const key = keystore.dataKey(acme);
    const path = join(folder.keystore, `${acme}.json`);
    for (const damage of [
      "",
      "{}",
      readFileSync(path, "utf8").replace(/"dataKey":"..../, '"dataKey":"AAAA'),
    ]) {
      writeFileSync(path, damage);
      assert.deepEqual(keystore.matchReplicas(none).recovered, [`${acme}.json`]);
      assert.deepEqual(keystore.dataKey(acme), key);
    }
    // Where no place has it whole, every place keeps what it has, and it is told.
    for (const each of [folder.keystore, ...replicaFolders(folder)])
      writeFileSync(join(each, `${acme}.json`), each);
    assert.deepEqual(keystore.matchReplicas(none).unreadable, [`${acme}.json`]);
    assert.equal(keystore.look().unreadable, 1);
    assert.equal(readFileSync(path, "utf8"), folder.keystore);
  });

  test("keep a record that only they have and nobody can read", () => {
    const { keystore } = open();
    const [first = ""] = replicaFolders(folder);
    const strange = `${anyTenant()}.json`;
    mkdirSync(join(first, strange));
    assert.deepEqual(keystore.matchReplicas(() => true).unreadable, [strange]);
    assert.ok(existsSync(join(first, strange)));
  });

  test("keep a lost root key from being made anew: it would open none of them", () => {
    const { keystore } = open();
    keystore.ensureDataKey(anyTenant());
    for (const path of [folder.keystore, folder.rootKey]) rmSync(path, { recursive: true });
    assert.throws(open, { code: "conflict", hint: /recovery file/ });
  });
});

describe("a new data key", () => {
  const at = "2026-11-22T06:00:00.000Z";

  test("stands beside the former in every place, which opens until it is destroyed there first", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const first = keystore.dataKey(acme);
    assert.equal(keystore.renewDataKey(acme, { from: 1, at }), true);
    assert.equal(keystore.renewDataKey(acme, { from: 1, at }), false);
    assert.throws(() => keystore.renewDataKey(acme, { from: 3, at }), { code: "conflict" });
    const keys = keystore.dataKeys(acme);
    assert.deepEqual([keys?.generation, keys?.otherKeys], [2, [{ generation: 1, key: first }]]);
    assert.notDeepEqual(keys?.dataKey, first);
    assert.deepEqual(keystore.lastingKeys(acme)["csrf"], Buffer.from(deriveKey(first ?? noKey, "csrf")));
    const [place = ""] = replicaFolders(folder);
    renameSync(place, `${place}.away`);
    assert.throws(() => keystore.destroyFormer(acme, 1), { code: "unavailable" });
    assert.throws(() => keystore.renewDataKey(acme, { from: 2, at }), { code: "unavailable" });
    assert.equal(keystore.dataKeys(acme)?.otherKeys?.length, 1);
    renameSync(`${place}.away`, place);
    assert.deepEqual([keystore.destroyFormer(acme, 1), keystore.destroyFormer(acme, 1)], [true, false]);
    assert.deepEqual(keystore.dataKeys(acme)?.otherKeys, []);
    assert.equal(keystore.shredDataKey(acme), true);
    for (const path of [folder.keystore, ...replicaFolders(folder)]) assert.deepEqual(records(path), []);
  });

  test("is not lost to a keystore, or a replica, that missed it; a destroyed one does not come back", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const name = `${acme}.json`;
    const [first = "", second = ""] = replicaFolders(folder);
    const older = readFileSync(join(folder.keystore, name));
    keystore.renewDataKey(acme, { from: 1, at });
    const key = keystore.dataKey(acme);
    for (const missed of [[folder.keystore], [first], [folder.keystore, first]]) {
      for (const path of missed) writeFileSync(join(path, name), older);
      keystore.matchReplicas(none);
      assert.deepEqual(keystore.dataKey(acme), key);
      for (const path of [first, second])
        assert.deepEqual(readFileSync(join(path, name)), readFileSync(join(folder.keystore, name)));
    }
    const withFormer = readFileSync(join(second, name));
    keystore.destroyFormer(acme, 1);
    writeFileSync(join(second, name), withFormer);
    keystore.matchReplicas(none);
    assert.deepEqual(keystore.dataKeys(acme)?.otherKeys, []);
    assert.deepEqual(readFileSync(join(second, name)), readFileSync(join(folder.keystore, name)));
  });

  test("is refused while too many former ones are kept, and what there is stays readable", () => {
    const { keystore } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    const renewals = Array.from({ length: 120 }, (_, index) => index + 1);
    const refused = renewals.findIndex((from) => {
      try {
        return !keystore.renewDataKey(acme, { from, at });
      } catch (error) {
        assert.match((error as Error).message, /former data keys are kept/);
        return true;
      }
    });
    assert.equal(keystore.dataKeys(acme)?.otherKeys?.length, refused);
    assert.ok(refused > 0 && keystore.destroyFormer(acme, 1));
  });

  test("and the former are wrapped by a new root key, each refused under another's number", () => {
    const { keystore, root } = open();
    const acme = anyTenant();
    keystore.ensureDataKey(acme);
    keystore.renewDataKey(acme, { from: 1, at });
    const [keys, lasting] = [keystore.dataKeys(acme), keystore.lastingKeys(acme)];
    rotateRootKey({ folder, rootKey: root, keystore, tombstones: stones(root), random: systemRandom });
    assert.deepEqual([open().keystore.dataKeys(acme), open().keystore.lastingKeys(acme)], [keys, lasting]);
    const path = join(folder.keystore, `${acme}.json`);
    const record = JSON.parse(readFileSync(path, "utf8")) as {
      dataKey: string;
      former: { dataKey: string }[];
    };
    const [former] = record.former;
    writeFileSync(path, JSON.stringify({ ...record, dataKey: former?.dataKey }));
    assert.throws(() => open().keystore.dataKey(acme), { code: "conflict" });
  });
});

const stones = (root: RootKey) => new Tombstones([folder.erased], root, systemRandom);

describe("a new root key", () => {
  test("wraps every secret that the former wrapped, and the former opens none", () => {
    const { root, keystore } = open();
    const tenants = [anyTenant(), anyTenant()];
    for (const tenant of tenants) keystore.ensureDataKey(tenant);
    const keys = tenants.map((tenant) => keystore.dataKey(tenant));
    const formerLine = readFileSync(folder.rootKey, "utf8");
    assert.deepEqual(
      rotateRootKey({ folder, rootKey: root, keystore, tombstones: stones(root), random: systemRandom }),
      { records: 2, rotten: [] },
    );
    assert.deepEqual(
      tenants.map((tenant) => keystore.dataKey(tenant)),
      keys,
    );
    assert.deepEqual(
      tenants.map((tenant) => open().keystore.dataKey(tenant)),
      keys,
    );
    writeFileSync(folder.rootKey, formerLine, { mode: 0o600 });
    assert.throws(open, { code: "conflict" });
  });

  test("is finished at the next start wherever the rotation was cut off", () => {
    const { keystore, root } = open();
    const tenants = [anyTenant(), anyTenant(), anyTenant()];
    for (const tenant of tenants) keystore.ensureDataKey(tenant);
    const keys = tenants.map((tenant) => keystore.dataKey(tenant));
    const settings = vaultSettingsSchema.parse({
      kind: "sftp",
      name: "far",
      dataCenter: "x",
      city: "x",
      country: "FI",
      continent: "Europe",
      provider: "x",
      host: "vault.example",
      hostKey: `SHA256:${"A".repeat(43)}`,
      writer: { user: "writer", privateKey: "secret" },
    });
    const options = { folder, rootKey: root, random: systemRandom, writer: ourselves() };
    void new VaultRegistry(options).add(settings, true);
    const before = join(folder.root, "before");
    mkdirSync(before);
    cpSync(folder.keystore, before, { recursive: true });
    const rootBefore = readFileSync(folder.rootKey);
    writeFileSync(`${folder.rootKey}.next`, newRootKeyLine(systemRandom), { mode: 0o600 });
    const next = readFileSync(`${folder.rootKey}.next`);
    rotateRootKey({ folder, rootKey: root, keystore, tombstones: stones(root), random: systemRandom });
    // As a crash before the last step leaves it: half of the records are under the next key.
    writeFileSync(folder.rootKey, rootBefore, { mode: 0o600 });
    writeFileSync(`${folder.rootKey}.next`, next, { mode: 0o600 });
    cpSync(join(before, `${tenants[0]}.json`), join(folder.keystore, `${tenants[0]}.json`));
    assert.ok(isRotating(folder));
    const again = open();
    rotateRootKey({
      folder,
      rootKey: again.root,
      keystore: again.keystore,
      tombstones: stones(root),
      random: systemRandom,
    });
    assert.ok(!isRotating(folder));
    assert.deepEqual(
      tenants.map((tenant) => open().keystore.dataKey(tenant)),
      keys,
    );
    const far = new VaultRegistry({ ...options, rootKey: open().root }).all.find(
      ({ name }) => name === "far",
    );
    assert.ok(far?.spec.kind === "sftp" && far.spec.privateKey === "secret");
    assert.ok(!readFileSync(folder.vaultsFile, "utf8").includes("secret"));
  });
});

test("a change of the root key that was cut off mends what a replica has whole, and goes on without what opens nowhere", () => {
  const { root, keystore } = open();
  const [mended, lost, whole] = [anyTenant(), anyTenant(), anyTenant()];
  const tenants = [mended, lost, whole];
  for (const tenant of tenants) keystore.ensureDataKey(tenant);
  const keys = tenants.map((tenant) => keystore.dataKey(tenant));
  const [first = "", second = ""] = replicaFolders(folder);
  writeFileSync(join(folder.keystore, `${mended}.json`), "rotten");
  for (const path of [folder.keystore, first]) writeFileSync(join(path, `${lost}.json`), path);
  const under = (of: ReturnType<typeof open>) => {
    const { root: rootKey_, keystore: store } = of;
    return { folder, rootKey: rootKey_, keystore: store, tombstones: stones(rootKey_), random: systemRandom };
  };
  renameSync(second, `${second}.away`);
  // One that is only begun refuses; as a crash leaves it, it is finished.
  assert.throws(() => rotateRootKey(under({ root, keystore })), /opens in no place/);
  writeFileSync(`${folder.rootKey}.next`, newRootKeyLine(systemRandom), { mode: 0o600 });
  const { records: count, rotten } = rotateRootKey(under(open()));
  assert.deepEqual([count, rotten, isRotating(folder)], [2, [lost], false]);
  const again = open();
  assert.deepEqual([again.keystore.dataKey(mended), again.keystore.dataKey(whole)], [keys[0], keys[2]]);
  assert.deepEqual(healRotten(under(again)), [lost]);
  assert.equal(statSync(`${folder.rootKey}.former`).mode & 0o777, 0o600);
  assert.throws(() => rotateRootKey(under(again)), /left records that open nowhere/);
  // The disk is back, with what it had under the former root key.
  cpSync(`${second}.away`, second, { recursive: true });
  assert.deepEqual(healRotten(under(again)), []);
  assert.ok(!existsSync(`${folder.rootKey}.former`));
  assert.deepEqual(again.keystore.matchReplicas(none).unreadable, []);
  assert.deepEqual(
    tenants.map((tenant) => open().keystore.dataKey(tenant)),
    keys,
  );
});

test("the root key comes from a credential of the service when there is one, and from no file then", () => {
  const line = newRootKeyLine(systemRandom);
  writeFileSync(join(folder.root, "holdfast-root-key"), line);
  const source = credentialRootKey(folder.root);
  assert.ok(source);
  assert.equal(rootKey(folder, systemRandom, source).reveal().toString("base64"), line.trim().split(":")[1]);
  assert.ok(!existsSync(folder.rootKey));
  assert.equal(credentialRootKey(join(folder.root, "nothing")), undefined);
  assert.equal(credentialRootKey(undefined), undefined);
});

test("a shred certificate is verified with openssl alone, names the key, and survives a crash before it is signed", () => {
  const { keystore } = open();
  const acme = anyTenant();
  keystore.ensureDataKey(acme);
  const clock = new ManualClock(Date.parse("2026-11-22T06:00:00Z"));
  new ShredCertificates(folder, clock).begin({
    tenantId: acme,
    subject: "acme",
    dataKey: keystore.dataKey(acme),
    places: keystore.places,
  });
  keystore.shredDataKey(acme);
  const later = new ShredCertificates(folder, clock);
  assert.throws(() => later.of(acme), { code: "not_found" });
  later.finish(acme);
  later.finish(acme);
  assert.deepEqual(later.list(), [acme]);
  const { certificate, signature, publicKeyPem } = later.of(acme);
  const said = JSON.parse(certificate) as Record<string, unknown>;
  assert.deepEqual(
    [said["subject"], said["places"], said["shreddedAt"]],
    ["acme", 3, "2026-11-22T06:00:00.000Z"],
  );
  const at = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder.root, name), content);
    return join(folder.root, name);
  };
  const verify = (text: string): string =>
    execFileSync("openssl", [
      ...["dgst", "-sha256", "-verify", at("public.pem", publicKeyPem)],
      ...["-signature", at("signature", Buffer.from(signature, "base64")), at("certificate.json", text)],
    ]).toString();
  assert.match(verify(certificate), /Verified OK/);
  assert.throws(() => verify(certificate.replace("acme", "globex")), /Command failed/);
});
