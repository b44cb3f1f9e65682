import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { statSync } from "node:fs";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { objectName, parseObjectName } from "./object-name.ts";
import { openVault } from "./open-vault.ts";
import { removeObject } from "./retention-role.ts";
import { type SftpServer, startSftpServer } from "./testing/sftp-server.ts";
import { describeVault, inChunks, troubled, using } from "./testing/vault-contract.ts";
import { newTestId } from "./testing/vaults.ts";

let server: SftpServer;
before(async () => {
  server = await startSftpServer();
});
after(() => server?.stop());

describeVault("SFTP", () => server);

const newName = () => objectName(newTestId<"tenant">(), newTestId<"backup">());

test("another host key than the pinned one, and another login's key, are refused before anything is sent", async () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 3_072,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const hostKey = `SHA256:${Buffer.alloc(32, 7).toString("base64").replace(/=+$/, "")}`;
  for (const [spec, why] of [
    [{ ...server.writer, hostKey }, /another host key/],
    [{ ...server.writer, privateKey }, /does not let/],
  ] as const)
    await using(spec, (vault) =>
      assert.rejects(vault.put(newName(), inChunks(randomBytes(10))), (error: Error) => {
        assert.match(error.message, why);
        return troubled("refused")(error);
      }),
    );
});

test("what the keeper took over is read-only and the writer cannot remove it; retention's login can", async () => {
  const name = newName();
  await using(server.writer, (vault) => vault.put(name, inChunks(randomBytes(10_000))));
  const path = join(server.folder, "store", name);
  assert.equal(statSync(path).mode & 0o777, 0o444);
  if (server.enforces) await assert.rejects(removeObject(server.writer, name), troubled("refused"));
  assert.deepEqual(await removeObject(server.retention, name), { kind: "removed" });
  assert.deepEqual(await removeObject(server.retention, name), { kind: "absent" });
});

test("a server that dies in the middle is away; when it is back, the copy goes on and is read to its end", async () => {
  const name = newName();
  const content = randomBytes(8_000_000);
  const resume = { bytes: content.byteLength };
  const dying = async function* () {
    yield* inChunks(content.subarray(0, 65_552 * 80));
    await server.kill();
    yield* inChunks(content.subarray(65_552 * 80));
  };
  await using(server.writer, async (vault) => {
    await assert.rejects(vault.put(name, dying(), { resume }), troubled("away"));
    await server.start();
    await vault.put(name, inChunks(content), { resume });
    let isKilled = false;
    const read: Buffer[] = [];
    for await (const chunk of vault.get(name)) {
      read.push(chunk);
      if (isKilled) continue;
      isKilled = true;
      await server.kill();
      await server.start();
    }
    assert.ok(Buffer.concat(read).equals(content));
  });
  assert.equal(
    (await using(server.writer, (vault) => Array.fromAsync(vault.list(parseObjectName(name)!.tenantId))))
      .length,
    1,
  );
});

test("a full disk is told as such", () =>
  using({ ...server.writer, freeBytes: Number.MAX_SAFE_INTEGER }, (vault) =>
    assert.rejects(vault.put(newName(), inChunks(randomBytes(10))), troubled("full")),
  ));

test("no range of a file that is longer than it was said to be is given", async () => {
  const name = newName();
  await using(server.writer, async (vault) => {
    await vault.put(name, inChunks(randomBytes(5_000)));
    assert.equal((await buffer(vault.get(name, { fromByte: 4_990, toByte: 9_999 }))).byteLength, 10);
  });
});

test("a server that says nothing, from the first or in the middle, is away and asked no more; nothing is left open", {
  timeout: 60_000,
}, async () => {
  for (const isFromFirst of [true, false]) {
    const open = new Set<Socket>();
    let [isSilent, made] = [isFromFirst, 0];
    const line = createServer((near) => {
      made += 1;
      const far = dial(server.writer.port, "127.0.0.1");
      for (const [from, to] of [[near, far] as const, [far, near] as const])
        from
          .on("error", () => undefined)
          .on("data", (bytes: Buffer) => void (isSilent || to.write(bytes)))
          .once("close", () => to.destroy());
      open.add(near.once("close", () => open.delete(near)));
    }).listen(0, "127.0.0.1");
    await once(line, "listening");
    const spec = { ...server.writer, port: (line.address() as AddressInfo).port };
    const waits = { silenceMs: 20_000, leastBytesPerSecond: 1 };
    const vault = openVault(spec, waits);
    if (!isFromFirst) await Array.fromAsync(vault.list());
    [isSilent, waits.silenceMs] = [true, 500]; // what answers gets its time, however busy this machine is
    for (const again of [1, 2])
      await assert.rejects(vault.put(newName(), inChunks(randomBytes(10))), troubled("away"), `try ${again}`);
    const before = made;
    await assert.rejects(Array.fromAsync(vault.list()), /asked no more by this job/);
    assert.equal(made, before, "no new connection");
    for (const socket of open) await once(socket, "close");
    await vault.close();
    line.close();
  }
});
