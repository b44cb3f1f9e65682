import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { fanOut } from "./fan-out.ts";
import { objectName } from "./object-name.ts";
import { openVault } from "./open-vault.ts";
import { type Patience, patience } from "./patience.ts";
import { type Silent, type SilentServer, startSilentServer } from "./testing/silent-server.ts";
import { inChunks, troubled } from "./testing/vault-contract.ts";
import { newTestId, threeVaults } from "./testing/vaults.ts";
import type { Vault } from "./vault.ts";

/** What was to hold a request for minutes; only a defect lasts so long. */
const timeout = 60_000;
const shortened = { silenceMs: 500, leastBytesPerSecond: 64 * 1_024 };
const newName = () => objectName(newTestId<"tenant">(), newTestId<"backup">());
const content = randomBytes(3_000_000);

async function silent(
  how: Silent,
  work: (vault: Vault, server: SilentServer) => Promise<void>,
  waits: Patience = shortened,
): Promise<void> {
  const server = await startSilentServer(how);
  const vault = openVault(server.spec, waits);
  try {
    await work(vault, server);
    await vault.close();
    await server.untilLeft();
  } finally {
    await vault.close();
    await server.stop();
  }
}

for (const how of ["no handshake", "no answer", "half an answer", "an answer in drips"] as const)
  test(`S3 that gives ${how} is away, and after its second silence it is asked no more`, { timeout }, () =>
    silent(how, async (vault, server) => {
      await assert.rejects(Array.fromAsync(vault.list()), troubled("away"));
      await assert.rejects(buffer(vault.get(newName())), troubled("away"));
      const { made } = server;
      const asked = [
        () => vault.put(newName(), inChunks(content)),
        () => Array.fromAsync(vault.list()),
        () => buffer(vault.get(newName())),
      ];
      for (const ask of asked) await assert.rejects(ask(), /asked no more by this job/);
      assert.equal(server.made, made, "no new connection");
    }),
  );

test("S3 that takes an upload a byte at a time is away: something moving is not enough", { timeout }, () =>
  silent("an upload in sips", async (vault) => {
    await assert.rejects(vault.put(newName(), inChunks(content)), /says nothing for 0.5 s/);
  }),
);

test(
  "a backup goes to the other vaults when one is silent, and nothing to that one is left open",
  { timeout },
  () =>
    silent("no answer", async (vault, server) => {
      const { vaults } = await threeVaults();
      const copies = await fanOut(inChunks(content), [vault, ...vaults], newName());
      assert.deepEqual(
        copies.map(({ kind }) => kind),
        ["failed", "written", "written", "written"],
      );
      assert.equal(copies[0]?.kind === "failed" && copies[0].trouble, "away");
      await server.untilLeft();
    }),
);

test("a silent vault lets go at once of what is cancelled", { timeout: timeout / 2 }, () =>
  silent(
    "no answer",
    async (vault, server) => {
      const cancel = new AbortController();
      const cancelling = async function* () {
        yield* inChunks(content.subarray(0, 100_000));
        while (server.made === 0) await new Promise((resolve) => setImmediate(resolve));
        cancel.abort(new Error("cancelled"));
        yield Buffer.alloc(1);
      };
      await assert.rejects(fanOut(cancelling(), [vault], newName(), { signal: cancel.signal }), /cancelled/);
      await server.untilLeft();
    },
    patience,
  ),
);
