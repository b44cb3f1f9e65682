import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLog } from "@holdfast/kernel/log";
import { besideFilesOf, filesOf } from "@holdfast/protocol/data-folder";
import { systemUser } from "../system-user.ts";
import { anyTenant, temporaryDataFolder } from "../testing.ts";
import { adoptFiles } from "./adopt-files.ts";

const skip = process.getuid?.() === 0 ? false : "as an ordinary user all is one user's";
const folder = temporaryDataFolder();
after(() => folder.remove());

const digest = (digit: string) => digit.repeat(64);
const standing = (path: string) => {
  const { uid, gid, mode } = lstatSync(path);
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};

test("files of an older version become the server's; what an intruder laid among them is neither followed nor given away", {
  skip,
}, () => {
  const [service, server] = [systemUser("nobody"), systemUser("games")];
  const tenantId = anyTenant();
  const [store, beside] = [filesOf(folder, tenantId), besideFilesOf(folder, tenantId)];
  const [led, secret] = [join(folder.root, "led"), join(folder.root, "secret")];
  for (const path of [folder.files, store, join(store, "aa"), beside, led]) mkdirSync(path, { mode: 0o700 });
  const lay = (path: string, owner = service) => {
    writeFileSync(path, "sealed", { mode: 0o600 });
    chownSync(path, owner.uid, owner.gid);
    return path;
  };
  const kept = lay(join(store, "aa", digest("a")));
  const loaded = lay(join(beside, digest("c")));
  lay(secret);
  linkSync(secret, join(store, "aa", digest("b")));
  symlinkSync("/etc/shadow", join(store, "aa", digest("c")));
  symlinkSync(led, join(store, "ab"));
  execFileSync("mkfifo", [join(store, "aa", digest("d"))]);
  // A server that died between a file's second name and the end of the first one.
  const whole = lay(join(store, "aa", digest("e")));
  linkSync(whole, join(store, ".incoming-0123"));
  for (const path of [store, join(store, "aa"), beside]) chownSync(path, service.uid, service.gid);
  const before = [secret, led, "/etc/shadow"].map(standing);
  const said: unknown[] = [];

  assert.equal(
    adoptFiles(
      folder,
      { service, server },
      (level, _message, fields) => level === "error" && said.push(fields?.["left"]),
    ),
    2,
  );

  const given = { uid: server.uid, gid: server.gid };
  for (const path of [store, join(store, "aa")])
    assert.deepEqual(standing(path), { ...given, mode: "2770" }, path);
  for (const path of [kept, whole]) assert.deepEqual(standing(path), { ...given, mode: "640" }, path);
  assert.deepEqual(standing(beside), { uid: service.uid, gid: server.gid, mode: "2770" });
  assert.deepEqual(standing(loaded), { uid: service.uid, gid: server.gid, mode: "640" });
  assert.deepEqual([secret, led, "/etc/shadow"].map(standing), before);
  assert.equal(readlinkSync(join(store, "ab")), led);
  assert.deepEqual(said, [
    [...["b", "c", "d"].map((one) => join(store, "aa", digest(one))), join(store, "ab")],
  ]);

  assert.equal(adoptFiles(folder, { service, server }, silentLog), 0, "once is enough");
  // Killed in the middle: root has the folder, and some of it is handed over already.
  chownSync(store, 0, 0);
  chmodSync(store, 0o700);
  assert.equal(adoptFiles(folder, { service, server }, silentLog), 1);
  assert.deepEqual(standing(store), { ...given, mode: "2770" });
});
