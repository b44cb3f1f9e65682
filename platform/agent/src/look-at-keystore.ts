import { statSync } from "node:fs";
import type { lookAtKeystore as method } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import { recordNames, replicaFolders } from "./keystore-replicas.ts";

/** How each copy of the keystore is right now; reads names only. Blocks for as long as its disk does. */
export function lookAtKeystore(folder: DataFolder): OutputOf<typeof method>["places"] {
  const own = statSync(folder.keystore).dev;
  return replicaFolders(folder).map((path) => {
    const simulated = path.startsWith(`${folder.replicas}/`);
    try {
      const { dev } = statSync(path);
      const records = recordNames(path).filter((name) => name !== ".check").length;
      return { path, answers: true, sameDisk: dev === own, simulated, records };
    } catch {
      return { path, answers: false, sameDisk: false, simulated, records: null };
    }
  });
}
