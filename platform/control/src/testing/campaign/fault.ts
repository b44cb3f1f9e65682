import type { Stage } from "./stage.ts";

/** One way to do harm, and what has to come of it. */
export interface Fault {
  /** A path by which `--only` picks it: `backup.take/killed at …`. */
  readonly name: string;
  /** How many single harms it does: a chain of kills, a thousand flips. */
  readonly count: number;
  /** Part of the set that every change is tested with. */
  readonly quick: boolean;
  /** Code of the alarm that has to be raised, null where nothing is wrong in the end. */
  readonly alarm: string | null;
  /** Why it cannot be done here; it then counts for nothing. */
  readonly impossible?: string | undefined;
  /** Where it is done; absent: on a plain installation. */
  readonly on?: Scenery;
  /** Does the harm, sees what came of it, and mends it. @throws when anything is not as it has to be. */
  run(stage: Stage): Promise<void>;
}

/** An installation with more around it than usual, shared by all faults that need it. */
export interface Scenery {
  stage(): Stage;
}

/** Harm of which nothing and nobody took notice. */
export class Unnoticed extends Error {
  override readonly name = "Unnoticed";
}
