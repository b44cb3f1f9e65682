import { mkdirSync } from "node:fs";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { keysIn, openTenant } from "@holdfast/protocol/agent-methods";
import type { Parts } from "../parts.ts";
import { roomForRestores } from "../restore-room.ts";
import { UploadStore } from "./upload-store.ts";
import { Uploads } from "./uploads.ts";

const keyPurpose = "upload.v1";

/** The uploads of this installation. Their blocks are sealed under a key of the owning customer, and die with it. */
export function openUploads(parts: Parts, root: string): Uploads {
  const { agent, clock, random, log } = parts;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const keysOf = async (tenantId: Parameters<UploadStore["of"]>[0]["tenantId"]) => {
    const { dataKey, otherKeys } = keysIn(await agent(openTenant, { tenantId }));
    return [dataKey, ...(otherKeys ?? [])].map((key) => deriveKey(key, keyPurpose));
  };
  return new Uploads(
    new UploadStore({ root, clock, random, keysOf, roomForRestores: () => roomForRestores(parts) }),
    log,
    parts.failpoint,
  );
}
