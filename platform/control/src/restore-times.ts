const hourMs = 3_600_000;

/** How long the database that a restore replaced is kept, so that the restore can be undone. */
export const formerKeptMs: number = 72 * hourMs;
