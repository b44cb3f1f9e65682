/** How far a job is: shown to people, never parsed. */
export interface JobProgress {
  readonly step: string;
  readonly done: number;
  /** null where it is not known beforehand. */
  readonly total: number | null;
  readonly unit: "tables" | "files" | "bytes";
}

/** Called often; must be quick and must not throw. */
export type OnProgress = (progress: JobProgress) => void;

/** What every job takes besides its input. */
export interface JobOptions {
  /** Cancels: everything begun is undone, then the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}
