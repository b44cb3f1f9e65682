import type { Severity } from "@holdfast/panel/alarm";
import type { Parts } from "../parts.ts";

/** What a watcher finds wrong now. With `code` and `subject` the same, it is the same alarm as before. */
export interface Condition {
  readonly code: string;
  /** Name of the database, vault or round it is about. */
  readonly subject: string;
  readonly severity: Severity;
  /** For operators and the customer concerned: what is missing, with figures. At most 500 characters. */
  readonly sentence: string;
  /** One thing to do. */
  readonly hint: string;
  /** When it began, milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly databaseId?: number;
  readonly customerId?: number;
  readonly vault?: string;
}

/** What watchers look at: the control database and the time. What must be asked elsewhere is a round's work. */
export type WatchParts = Pick<Parts, "data" | "clock">;

/**
 * One pair of eyes. It tells of everything of its codes that is wrong now; what it no longer tells of is
 * over. It looks for what should be there, never only for jobs that failed: a job that was never begun
 * fails nowhere.
 */
export interface Watcher {
  readonly name: string;
  /** Every code it may tell of. */
  readonly codes: readonly string[];
  look(parts: WatchParts): Promise<readonly Condition[]>;
}

/** "3 hours", "2 days": the largest unit of which there are two. */
export function spanOf(milliseconds: number): string {
  const hours = Math.max(0, milliseconds) / 3_600_000;
  if (hours < 2) return `${Math.floor(hours * 60)} minutes`;
  return hours < 48 ? `${Math.floor(hours)} hours` : `${Math.floor(hours / 24)} days`;
}
