import { statfs } from "node:fs/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { uploadLimits } from "./upload-limits.ts";

/** Databases lie on the same disk: what is left for them no upload takes. @throws ExpectedError `unavailable`. */
export async function refuseFullDisk(folder: string, moreBytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const kept = Math.max(uploadLimits.freeBytes, blocks * bsize * uploadLimits.freeShare);
  if (bavail * bsize - moreBytes >= kept) return;
  throw new ExpectedError("unavailable", "There is no room for a zip of this size at the moment.", {
    hint: "What was sent so far is kept. Tell whoever runs this installation.",
    details: { free: bavail * bsize, moreBytes, kept },
  });
}
