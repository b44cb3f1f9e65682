import { copyFileSync, existsSync, readFileSync, statSync, truncateSync } from "node:fs";

const maxLogBytes = 10_485_760;

/**
 * Sets a log aside when it is too long. Copied and cut rather than renamed, since the postmaster keeps it
 * open; it appends, so it goes on at the new end. Lines written between copy and cut are lost.
 */
export function limitLog(path: string): void {
  if (!existsSync(path) || statSync(path).size <= maxLogBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

/** What a server said last, to tell why it does not start. */
export function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "it said nothing";
}
