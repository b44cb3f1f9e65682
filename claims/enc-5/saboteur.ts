import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { sealStream } from "@holdfast/kernel/sealed-stream";
import type { Saboteur } from "@holdfast/trust/saboteur";

/** Lays plain content where only sealed content may lie. */
export const plainSaboteur: Saboteur = {
  claim: "ENC-5",
  set: async (scene) => {
    const database = await scene.scratch("first");
    const backupId = await scene.backUp(database);
    const plain = Buffer.from("A customer's letter, as anybody could read it.\n".repeat(40));
    const sha256 = createHash("sha256").update(plain).digest("hex");
    return {
      scope: { databases: [database.name] },
      sabotages: [
        {
          breaks: "a stored backup was replaced by a plain one in one vault",
          spoil: async () => {
            const [vault = ""] = scene.vaults.holding(database.tenantId, backupId);
            const repair = scene.vaults.replace(vault, {
              tenantId: database.tenantId,
              backupId,
              content: plain,
            });
            return { repair: async () => repair() };
          },
        },
        {
          breaks: "a file was stored without encryption",
          spoil: async () => {
            const repair = scene.vaults.layFile(database.tenantId, { sha256, content: plain });
            return { repair: async () => repair() };
          },
        },
        {
          breaks: "a file was left under a key that was destroyed",
          spoil: async () => {
            const content = await buffer(Readable.from([plain]).pipe(sealStream(randomBytes(32))));
            const repair = scene.vaults.layFile(database.tenantId, { sha256, content });
            return { repair: async () => repair() };
          },
        },
      ],
    };
  },
};
