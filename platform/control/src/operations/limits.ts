/** Every wait and count of the runner, in one place; tests shorten the waits. */
export interface OperationLimits {
  /** Operations at work at once; more wait in the table. */
  readonly running: number;
  /** How often the table is looked at when nobody called `wake`. */
  readonly pollMilliseconds: number;
  /** Tries of a step that answers `unavailable`: a full disk, a slow database. */
  readonly tries: number;
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** How long a part that is not there at all (it restarts, recovers) is waited for before a step fails. */
  readonly awayMilliseconds: number;
  /** How often a long step looks whether it was cancelled. */
  readonly cancelPollMilliseconds: number;
  /** Progress is kept in the table at most this often. */
  readonly keepProgressMilliseconds: number;
}

export const operationLimits: OperationLimits = {
  running: 4,
  pollMilliseconds: 500,
  tries: 5,
  firstPauseMilliseconds: 500,
  longestPauseMilliseconds: 30_000,
  awayMilliseconds: 300_000,
  cancelPollMilliseconds: 1_000,
  keepProgressMilliseconds: 400,
};

/** The pause after the n-th failure: doubles from the first to the longest. */
export function pauseAfter(failures: number, limits: OperationLimits): number {
  return Math.min(limits.longestPauseMilliseconds, limits.firstPauseMilliseconds * 2 ** (failures - 1));
}
