import { constants } from "node:fs";
import { access, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { limits } from "@holdfast/backups/limits";
import type { lookAtVaults as method } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { DirectoryVault } from "./vaults.ts";

type Look = OutputOf<typeof method>["vaults"][number];

/** A disk that hangs is away: nobody waits longer for it, and the next look asks again. */
const lookMilliseconds = 10_000;

/**
 * Looks whether each vault answers, takes writes, and has room; all at once, so that one that hangs holds up
 * nobody. Writes nothing: what was written would have to be deleted, which nobody here may.
 */
export function lookAtVaults(
  vaults: readonly DirectoryVault[],
  limitMs: number = lookMilliseconds,
): Promise<Look[]> {
  return Promise.all(
    vaults.map(async (vault) => {
      const late = new AbortController();
      const away = async (): Promise<Look> => {
        await wait(limitMs, undefined, { signal: late.signal, ref: false });
        return gone(vault, "no answer in time");
      };
      try {
        return await Promise.race([look(vault), away()]);
      } finally {
        late.abort();
      }
    }),
  );
}

async function look(vault: DirectoryVault): Promise<Look> {
  const { path, freeBytes: wanted = limits.vaultFreeBytes } = vault.spec;
  const [store, incoming] = [join(path, "store"), join(path, "incoming")];
  try {
    await readdir(store);
    // What comes in may lie on a disk of its own.
    const free = await Promise.all([store, incoming].map(freeOf));
    const trouble = await access(incoming, constants.W_OK).then(
      () => null,
      (error: NodeJS.ErrnoException) => `nothing can be written (${error.code ?? error.name})`,
    );
    return {
      name: vault.name,
      answers: true,
      trouble,
      freeBytes: Math.min(...free),
      wantedFreeBytes: wanted,
    };
  } catch (error) {
    return gone(vault, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
}

async function freeOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

const gone = ({ name }: DirectoryVault, trouble: string): Look => ({
  name,
  answers: false,
  trouble,
  freeBytes: null,
  wantedFreeBytes: null,
});
