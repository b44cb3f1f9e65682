import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";

/** A log is cut beyond this; as much of its end is kept aside. */
export const maxLogBytes = 10_485_760;

/**
 * Sets the end of a log aside when it is too long: there are never more than these two files, each of at most
 * {@link maxLogBytes} and what is written between two looks. Copied and cut rather than renamed, since the postmaster
 * keeps it open; it appends, so it goes on at the new end. Lines written between copy and cut are lost.
 *
 * @returns whether it was cut. Cheap enough for every half second.
 */
export function limitLog(path: string, limitBytes = maxLogBytes): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= limitBytes) return false;
  writeFileSync(`${path}.1.new`, endOf(path, size, limitBytes), { mode: 0o600 });
  renameSync(`${path}.1.new`, `${path}.1`);
  truncateSync(path, 0);
  return true;
}

function endOf(path: string, size: number, bytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const end = Buffer.alloc(bytes);
    return end.subarray(0, readSync(file, end, 0, bytes, size - bytes));
  } finally {
    closeSync(file);
  }
}

/** What a server said last, to tell why it does not start. */
export function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "it said nothing";
}
