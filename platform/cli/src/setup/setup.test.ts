import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock } from "@holdfast/kernel/clock";
import { systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, dataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { standardError } from "../terminal.ts";
import { upOptions } from "../up/options.ts";
import { reset } from "../up/reset.ts";
import { makeFolders, settleConfig, writeRecoveryFile } from "./data-folders.ts";
import { place, refuseForeign } from "./place.ts";
import { holderOf, refuseBusyPort } from "./port.ts";

let folder: DataFolder;
const quiet = { ...standardError, write: () => undefined };

beforeEach(() => {
  folder = dataFolder(join(mkdtempSync(join(tmpdir(), "hf-setup-")), "data"));
});
afterEach(() => rmSync(join(folder.root, ".."), { recursive: true }));

const settle = (wishes = {}) => settleConfig(folder, wishes, systemClock, systemRandom);

describe("the data folder", () => {
  test("is refused when its path is too long for a socket", () => {
    assert.throws(() => place(`/tmp/${"x".repeat(90)}`, false), { code: "bad_request", hint: /--data/ });
  });

  test("is named without symbolic links, also before it exists", () => {
    const [parent, link] = [join(folder.root, ".."), join(folder.root, "../link")];
    symlinkSync(parent, link);
    assert.equal(place(join(link, "new", "data"), false).root, join(parent, "new", "data"));
  });

  test("is refused when it holds something that is not ours, and accepted when empty or half-made by us", () => {
    mkdirSync(folder.root);
    refuseForeign(folder);
    mkdirSync(folder.keystore);
    refuseForeign(folder);
    writeFileSync(join(folder.root, "thesis.txt"), "");
    assert.throws(() => refuseForeign(folder), { code: "conflict", message: /thesis\.txt/ });
  });

  test("keeps its configuration; a wished port replaces the kept one", async () => {
    makeFolders(folder, undefined);
    const first = await settle();
    assert.deepEqual(await settle(), first);
    assert.deepEqual(await settle({ port: 9_000 }), { ...first, port: 9_000 });
    assert.equal(readConfig(folder).port, 9_000);
  });

  test("of an older version takes the format of this one, so that the older one refuses it from then on", async () => {
    makeFolders(folder, undefined);
    const config = await settle();
    writeFileSync(folder.config, JSON.stringify({ ...config, format: 1 }));
    assert.deepEqual(await settle(), config);
  });

  test("of a newer version is refused with what to do", async () => {
    makeFolders(folder, undefined);
    const config = await settle();
    writeFileSync(folder.config, JSON.stringify({ ...config, format: 99, unknown: true }));
    await assert.rejects(settle(), { code: "conflict", hint: /newer checkout/ });
  });

  test("is closed to others; keys, vaults and logs to everybody but their owner", () => {
    makeFolders(folder, undefined);
    for (const path of [folder.root, folder.keystore, folder.logs, folder.outbox])
      assert.equal(statSync(path).mode & 0o077, 0, path);
  });

  test("gets a recovery file once, readable by its owner only", () => {
    makeFolders(folder, undefined);
    assert.equal(writeRecoveryFile(folder), undefined);
    writeFileSync(folder.rootKey, "holdfast-root-key-1:abc\n");
    const path = writeRecoveryFile(folder);
    assert.ok(path);
    assert.match(readFileSync(path, "utf8"), /holdfast-root-key-1:abc/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    rmSync(path);
    assert.equal(writeRecoveryFile(folder), undefined);
  });
});

describe("a busy port", () => {
  test("is refused with who holds it and a free one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      assert.match(holderOf(port) ?? "", new RegExp(`process ${process.pid}`));
      await assert.rejects(refuseBusyPort(port), {
        code: "conflict",
        message: /is taken by/,
        hint: /bin\/up --port \d+/,
      });
    } finally {
      server.close();
    }
    await refuseBusyPort(port);
  });
});

describe("bin/up --reset", () => {
  test("deletes nothing on another name, and all that is ours on the right one", async () => {
    makeFolders(folder, undefined);
    await settle();
    writeFileSync(join(folder.root, "kept-by-somebody.txt"), "");
    await assert.rejects(reset(folder, upOptions(["--reset", "--yes", "acme"]), quiet), { code: "conflict" });
    assert.ok(existsSync(folder.config));
    await reset(folder, upOptions(["--reset", "--yes", "demo"]), quiet);
    assert.deepEqual(readdirSync(folder.root), ["kept-by-somebody.txt"]);
  });

  test("leaves no copy of a key and no certificate behind, and names what lies elsewhere", async () => {
    makeFolders(folder, undefined);
    await settle();
    const elsewhere = mkdtempSync(join(tmpdir(), "hf-elsewhere-"));
    for (const path of [folder.replicas, folder.catalogs, folder.shredded, folder.proofs, folder.erased])
      mkdirSync(path, { recursive: true });
    for (const name of ["root.key.next", "root.key.former", ".recovery-checked"])
      writeFileSync(join(folder.root, name), "");
    writeFileSync(join(elsewhere, "key.json"), "");
    writeFileSync(folder.replicasFile, JSON.stringify({ format: 1, folders: [elsewhere, folder.replicas] }));
    const vaults = [
      { name: "eu-west", enforced: true },
      { name: "north", settings: "eA==", enforced: true },
    ];
    writeFileSync(folder.vaultsFile, JSON.stringify({ format: 1, vaults }));
    const said: string[] = [];
    await reset(folder, upOptions(["--reset", "--yes", "demo"]), {
      ...quiet,
      write: (text) => void said.push(text),
    });
    const left = said.filter((line) => line.startsWith("Left"));
    assert.deepEqual(
      left.map((line) => /outside: (\S+ ?"?\w*"?):/.exec(line)?.[1]),
      [elsewhere, 'vault "north"'],
    );
    assert.ok(existsSync(join(elsewhere, "key.json")));
    rmSync(elsewhere, { recursive: true });
    assert.deepEqual(readdirSync(folder.root), []);
  });
});
