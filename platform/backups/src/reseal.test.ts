import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { deriveKey, fileKeyPurpose, sealStream } from "@holdfast/kernel/sealed-stream";
import { listFiles, objectPath, readFileObject } from "./file-objects.ts";
import { resealFiles } from "./reseal.ts";

test("a link that a taken-over server laid among the files is left, and holds up no other file", async () => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-reseal-"));
  const path = join(root, "files");
  const [former, dataKey] = [randomBytes(32), randomBytes(32)];
  const sealed = async (content: Buffer) =>
    buffer(Readable.from([content]).pipe(sealStream(deriveKey(former, fileKeyPurpose))));
  const placed = (content: Buffer) => {
    const place = objectPath({ path }, createHash("sha256").update(content).digest("hex"));
    mkdirSync(dirname(place), { recursive: true });
    return place;
  };
  const [linked, plain] = [randomBytes(500), randomBytes(500)];
  const elsewhere = join(root, "elsewhere");
  writeFileSync(elsewhere, await sealed(linked));
  const before = readFileSync(elsewhere);
  symlinkSync(elsewhere, placed(linked));
  writeFileSync(placed(plain), await sealed(plain));

  const keys = { dataKey, generation: 2, otherKeys: [{ generation: 1, key: former }] };
  const done = await resealFiles({ path, ...keys, after: "" });
  assert.deepEqual([done.resealed, done.damaged, done.next], [1, 1, null]);
  assert.deepEqual(readFileSync(elsewhere), before);
  for await (const file of listFiles({ path }))
    if (objectPath({ path }, file.sha256) === placed(plain))
      assert.deepEqual(Buffer.concat(await Array.fromAsync(readFileObject({ path, dataKey }, file))), plain);
  rmSync(root, { recursive: true });
});
