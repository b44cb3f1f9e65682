import { open, rename } from "node:fs/promises";
import type { DirectoryVaultSpec } from "./directory-vault.ts";
import { storePath } from "./keeper.ts";
import type { VaultObjectName } from "./object-name.ts";
import type { Harm } from "./probe-vault.ts";

/** Tries to rename a stored object away and back, and to open it for writing, as whoever runs this process. */
export async function harmDirectory(
  spec: DirectoryVaultSpec,
  name: VaultObjectName,
): Promise<{ deletion: Harm; overwriting: Harm }> {
  const path = storePath(spec.path, name);
  const away = `${path}.harmed.part`;
  return {
    // Who can rename it can remove it; renamed back, the object stays for whoever reads it next.
    deletion: await attempt(async () => {
      await rename(path, away);
      await rename(away, path);
    }),
    overwriting: await attempt(async () => (await open(path, "r+")).close()),
  };
}

async function attempt(harm: () => Promise<unknown>): Promise<Harm> {
  try {
    await harm();
    return "done";
  } catch {
    return "refused";
  }
}
