/** One thing that the server's user is to try. */
export interface Attempt {
  readonly gain: string;
  readonly target: string;
  readonly act: "read" | "list" | "write" | "connect" | "signal" | "call";
  readonly needed: boolean;
}

/** What the process that tries is told on its standard input. */
export interface Trial {
  readonly attempts: readonly Attempt[];
  /** Where `call` knocks. */
  readonly socketPath: string;
}

/** How the system answered. */
export type Outcome = "refused" | "reached" | "missing" | "failed";
