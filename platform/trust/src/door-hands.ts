import { chmodSync, lchownSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { serve } from "@holdfast/protocol/serve";

/** What a careless administrator would leave open between the parts, laid beside the real things; nothing real opens. */
export interface DoorHands {
  /** A socket that answers, as control's own is made, but open to everybody. @returns how to close it. */
  openSocket(): Promise<() => Promise<void>>;
  /** A file of control's user that everybody may read. @returns how to remove it. */
  layReadable(): Promise<() => Promise<void>>;
}

/** Opens the hands; nothing is touched before the first call. */
export function doorHands({ run, controlSocket }: DataFolder): DoorHands {
  const socketPath = join(run, "scratch-door.sock");
  const filePath = join(run, "scratch-logins.json");
  return {
    openSocket: async () => {
      const serving = await serve(socketPath, []);
      chmodSync(socketPath, 0o666);
      return async () => {
        await serving.close();
        rmSync(socketPath, { force: true });
      };
    },
    layReadable: async () => {
      rmSync(filePath, { force: true });
      writeFileSync(filePath, "{}\n", { mode: 0o644, flag: "wx" });
      const { uid, gid } = statSync(controlSocket);
      lchownSync(filePath, uid, gid);
      return async () => rmSync(filePath, { force: true });
    },
  };
}
