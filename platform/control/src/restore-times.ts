const hourMs = 3_600_000;

/** How long the database that a restore replaced is kept, so that the restore can be undone. */
export const formerKeptMs: number = 72 * hourMs;

/** How long a copy on the side lives, by how much it is extended at once, and when its end is announced. */
export const copyTimes = {
  livesMs: 14 * 24 * hourMs,
  extendsMs: 14 * 24 * hourMs,
  warnMs: 48 * hourMs,
} as const;
