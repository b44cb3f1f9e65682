/** How much one process takes on at once before it answers "very busy". */
export interface AdmissionLimits {
  readonly requests: number;
  readonly requestsPerSource: number;
  /** Of the requests those whose body may take long: files. Slow senders hold no other's place. */
  readonly files: number;
  readonly filesPerSource: number;
  readonly connections: number;
  readonly connectionsPerSource: number;
}

/** Far above what people cause, far below what a process cannot bear. */
export const defaultAdmission: AdmissionLimits = {
  requests: 512,
  requestsPerSource: 128,
  files: 128,
  filesPerSource: 16,
  connections: 4_000,
  connectionsPerSource: 1_000,
};

/** Counts what is under way, in all and by source; gives out places and takes them back. */
export class Places {
  readonly #most: number;
  readonly #mostPerSource: number;
  readonly #bySource = new Map<string, number>();
  #taken = 0;

  constructor(most: number, mostPerSource: number) {
    this.#most = most;
    this.#mostPerSource = mostPerSource;
  }

  /** @returns a function that gives the place back, safe to call twice; undefined when there is none. */
  take(source: string): (() => void) | undefined {
    const ofSource = this.#bySource.get(source) ?? 0;
    if (this.#taken >= this.#most || ofSource >= this.#mostPerSource) return undefined;
    this.#taken += 1;
    this.#bySource.set(source, ofSource + 1);
    let given = false;
    return () => {
      if (!given) this.#giveBack(source);
      given = true;
    };
  }

  get taken(): number {
    return this.#taken;
  }

  #giveBack(source: string): void {
    this.#taken -= 1;
    const left = (this.#bySource.get(source) ?? 1) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
