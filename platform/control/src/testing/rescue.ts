import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Installation } from "./installation.ts";

/**
 * A new installation over what is left of one that was lost: its vaults, one replica of its keystore, the line of its
 * recovery file. Nothing of the control database is kept.
 *
 * @param harm - does something to the vaults before anybody reads them.
 */
export async function rescueOf(
  lost: Installation,
  harm: (vaults: string) => void = () => undefined,
): Promise<Installation> {
  const rescued = await Installation.start();
  try {
    await rescued.control.stop();
    await rescued.agent.stop();
    takeOver(join(lost.folder.replicas, "second"), rescued.folder.keystore);
    rmSync(rescued.folder.rootKey);
    writeFileSync(rescued.folder.rootKey, readFileSync(lost.folder.rootKey), { mode: 0o600 });
    takeOver(lost.folder.vaults, rescued.folder.vaults);
    // Of the new, empty control database nothing is kept either: its key went with its keystore.
    for (const path of [rescued.folder.clusters, rescued.folder.catalogs, rescued.folder.replicas])
      rmSync(path, { recursive: true, force: true });
    mkdirSync(rescued.folder.clusters, { mode: 0o711 });
    harm(rescued.folder.vaults);
    await rescued.startAgent();
    await rescued.startControl();
    return rescued;
  } catch (error) {
    await rescued.remove();
    throw error;
  }
}

function takeOver(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o750);
}
