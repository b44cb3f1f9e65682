import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { present } from "@holdfast/kernel/assert";
import { systemRandom } from "@holdfast/kernel/random";
import { headName, objectName, parseObjectName } from "../object-name.ts";
import { openVault, type VaultSpec } from "../open-vault.ts";
import { checkVault } from "../probe-vault.ts";
import { removeObject, removeOnWayIn } from "../retention-role.ts";
import type { Vault } from "../vault.ts";
import { VaultError, type VaultTrouble } from "../vault-error.ts";
import { newTestId } from "./vaults.ts";

/** One kind of vault on a real server, with the credentials of both roles. */
export interface VaultCase {
  readonly writer: VaultSpec;
  readonly retention: VaultSpec;
  /** Whether this server can keep the writer from deleting and overwriting. */
  readonly enforces: boolean;
}

/** In pieces as they come from the sealing stream. */
export async function* inChunks(content: Buffer, cutAt = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.byteLength; at += 65_552) {
    if (at >= cutAt) throw new Error("the source was cut off");
    yield content.subarray(at, at + 65_552);
  }
}

/** Runs work with an open vault. */
export async function using<T>(spec: VaultSpec, work: (vault: Vault) => Promise<T>): Promise<T> {
  const vault = openVault(spec);
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

/** A check for assert.rejects. */
export const troubled = (trouble: VaultTrouble) => (error: unknown) => {
  assert.ok(error instanceof VaultError, String(error));
  assert.equal(error.trouble, trouble, error.message);
  return true;
};

const newName = () => objectName(newTestId<"tenant">(), newTestId<"backup">());
const tenantOf = (name: string) => present(parseObjectName(name), "a backup's name").tenantId;
const small = randomBytes(300_000);
const big = randomBytes(20_000_000);

/** What every kind of vault promises; see Vault. @param caseOf - known once the tests run. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function describeVault(kind: string, caseOf: () => VaultCase): void {
  // biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
  describe(`a vault by ${kind}`, () => {
    test("gives back what it took, whole and in part, small and in many parts", () =>
      using(caseOf().writer, async (vault) => {
        for (const content of [small, big]) {
          const name = newName();
          assert.deepEqual(await vault.put(name, inChunks(content)), { bytes: content.byteLength });
          assert.ok((await buffer(vault.get(name))).equals(content));
          for (const [fromByte, toByte] of [
            [0, 116],
            [65_000, 140_000],
            [content.byteLength - 5, content.byteLength + 10],
            [7, 7],
            [content.byteLength, content.byteLength + 1],
          ] as const)
            assert.ok(
              (await buffer(vault.get(name, { fromByte, toByte }))).equals(
                content.subarray(fromByte, toByte),
              ),
              `${fromByte}-${toByte}`,
            );
        }
      }));

    test("never takes a second object of a name, and has none that it never took", () =>
      using(caseOf().writer, async (vault) => {
        const name = newName();
        await vault.put(name, inChunks(small));
        await assert.rejects(vault.put(name, inChunks(big)), { code: "conflict" });
        assert.ok((await buffer(vault.get(name))).equals(small));
        await assert.rejects(buffer(vault.get(newName())), { code: "not_found" });
      }));

    test("lists backups and catalog heads of one customer, or of all", () =>
      using(caseOf().writer, async (vault) => {
        const name = newName();
        const tenantId = tenantOf(name);
        const head = headName(tenantId, 1);
        await vault.put(name, inChunks(small));
        await vault.put(head, inChunks(small.subarray(0, 400)));
        const listed = await Array.fromAsync(vault.list(tenantId));
        assert.deepEqual(
          listed.map((object) => [object.name, object.bytes]).sort(),
          [
            [head, 400],
            [name, 300_000],
          ].sort(),
        );
        const all = await Array.fromAsync(vault.list());
        assert.ok([head, name].every((each) => all.some((object) => object.name === each)));
      }));

    test("shows nothing of a put that failed or was cancelled", () =>
      using(caseOf().writer, async (vault) => {
        const name = newName();
        await assert.rejects(vault.put(name, inChunks(big, 12_000_000)), /cut off/);
        const cancel = new AbortController();
        const cancelling = async function* () {
          yield* inChunks(big.subarray(0, 12_000_000));
          cancel.abort(new Error("cancelled"));
          yield* inChunks(big);
        };
        await assert.rejects(vault.put(name, cancelling(), { signal: cancel.signal }));
        assert.deepEqual(await Array.fromAsync(vault.list(tenantOf(name))), []);
        await removeOnWayIn(caseOf().writer, name);
        await vault.put(name, inChunks(small));
      }));

    test("goes on with a copy that was cut off, and gives back every byte", () =>
      using(caseOf().writer, async (vault) => {
        if (!vault.capabilities.resumable) return;
        const name = newName();
        const resume = { bytes: big.byteLength };
        await assert.rejects(vault.put(name, inChunks(big, 18_000_000), { resume }), /cut off/);
        await vault.put(name, inChunks(big), { resume });
        assert.ok((await buffer(vault.get(name))).equals(big));
      }));

    test("a check measures whether the writer can delete or overwrite; the retention role can delete", async () => {
      const { writer, retention, enforces } = caseOf();
      const check = await checkVault(writer, { nowMs: Date.now(), random: systemRandom });
      assert.equal(check.kind, "works", JSON.stringify(check));
      assert.equal(check.kind === "works" && check.enforced, enforces, JSON.stringify(check));
      if (check.kind === "works") {
        const gone = await removeObject(retention, check.object, { bypass: true });
        assert.ok(["removed", "locked"].includes(gone.kind));
      }
    });

    test("says that it is away when nothing answers", () => {
      const { writer } = caseOf();
      const nowhere: VaultSpec =
        writer.kind === "s3"
          ? { ...writer, endpoint: "https://localhost:1" }
          : writer.kind === "sftp"
            ? { ...writer, port: 1 }
            : writer;
      if (nowhere === writer) return;
      return using(nowhere, (vault) =>
        assert.rejects(vault.put(newName(), inChunks(small)), troubled("away")),
      );
    });
  });
}
