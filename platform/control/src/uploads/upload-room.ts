import { statfs } from "node:fs/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { uploadLimits } from "./upload-limits.ts";

/** The disk that uploads lie on, beside the databases. Bytes. */
export interface Disk {
  readonly free: number;
  readonly whole: number;
}

/** Bytes of unfinished uploads: what counts against limits, and how much of that is on the disk already. */
export interface Held {
  readonly counted: number;
  readonly here: number;
}

export const noneHeld: Held = { counted: 0, here: 0 };

export const bothHeld = (one: Held, other: Held): Held => ({
  counted: one.counted + other.counted,
  here: one.here + other.here,
});

/** What a new upload has to fit beside. */
export interface Beside {
  readonly disk: Disk;
  /** To be left free for restores. */
  readonly restoreBytes: number;
  /** Of the same customer, and of everybody; the former upload of the same person is in neither: it goes. */
  readonly own: Held;
  readonly all: Held;
  /** What goes with the former upload of the same person. */
  readonly formerBytes: number;
}

/** @throws ExpectedError `unavailable`. */
export async function diskOf(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, whole: blocks * bsize };
}

/**
 * Refuses an upload before its first byte that the limits, or the room, do not allow. What others have announced is
 * theirs: two that begin at once never get the same room.
 *
 * @throws ExpectedError `too_large` where it never fits, `too_many` beside those of its customer, `unavailable` beside
 *   those of others or for want of room.
 */
export function refuseUpload(bytes: number, { disk, restoreBytes, own, all, formerBytes }: Beside): void {
  const ofCustomer = Math.min(uploadLimits.ofCustomerBytes, disk.whole * uploadLimits.ofCustomerShare);
  const inAll = Math.min(uploadLimits.inAllBytes, disk.whole * uploadLimits.inAllShare);
  if (bytes > ofCustomer)
    throw new ExpectedError("too_large", `Zips of one database have at most ${size(ofCustomer)} here.`, {
      hint: byOperator,
    });
  if (own.counted + bytes > ofCustomer)
    throw new ExpectedError(
      "too_many",
      `Zips of this database that are not taken in yet have ${size(own.counted)}; with this one it were more than ${size(ofCustomer)}.`,
      { hint: "Wait until they are taken in, or ask whoever sends them to cancel." },
    );
  if (all.counted + bytes > inAll)
    throw new ExpectedError("unavailable", "Too many zips are being sent at the moment.", {
      hint: byOperator,
      details: { counted: all.counted, bytes, inAll },
    });
  const coming = Math.max(0, all.counted - all.here);
  refuseFullDisk({ ...disk, free: disk.free + formerBytes }, { moreBytes: coming + bytes, restoreBytes });
}

/**
 * Databases lie on the same disk: what they and the restore of the largest of them need no upload takes.
 *
 * @throws ExpectedError `unavailable`.
 */
export function refuseFullDisk(
  { free, whole }: Disk,
  { moreBytes, restoreBytes }: { readonly moreBytes: number; readonly restoreBytes: number },
): void {
  const kept = Math.max(uploadLimits.freeBytes, whole * uploadLimits.freeShare, restoreBytes);
  if (free - moreBytes >= kept) return;
  throw new ExpectedError("unavailable", "There is no room for a zip of this size at the moment.", {
    hint: `What was sent so far is kept. ${byOperator}`,
    details: { free, moreBytes, kept },
  });
}

const byOperator =
  "Try again later, or ask whoever runs this installation to take it in with `bin/holdfast backup import NAME - <FILE`.";

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${Math.floor(bytes / 1e8) / 10} GB` : `${Math.floor(bytes / 1e6)} MB`;
