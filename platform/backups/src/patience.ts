import { limits } from "./limits.ts";
import { VaultError } from "./vault-error.ts";

/** How long a vault over a network may say nothing; tests shorten it. */
export interface Patience {
  /** From a request's begin, with all handshakes, to its answer, and of a body from one look to the next. */
  readonly silenceMs: number;
  /** What moves slower for as long as that is silence too. */
  readonly leastBytesPerSecond: number;
}

/** Of production. */
export const patience: Patience = {
  silenceMs: limits.vaultSilenceMs,
  leastBytesPerSecond: limits.vaultLeastBytesPerSecond,
};

/** The peer of one request said nothing. Told to a caller as {@link Hearing} words it. */
export class Silence extends Error {
  override readonly name = "Silence";
}

/**
 * What one job heard of one vault. One that was silent twice, with nearly nothing moved in between, is asked no more:
 * each further request fails at once, so that a job waits for it {@link Patience.silenceMs} twice at most. The others
 * go on, control raises its alarm, and what is missing there is copied once it is back.
 */
export class Hearing {
  readonly patience: Patience;
  readonly #vault: string;
  #silences = 0;
  #moved = 0;
  #last: Silence | undefined;

  constructor(vault: string, waits: Patience = patience) {
    this.#vault = vault;
    this.patience = waits;
  }

  /** @throws VaultError `away` for a vault that is asked no more. */
  check(): void {
    if (this.#silences < limits.vaultSilences) return;
    throw this.#error("was silent, and is asked no more by this job");
  }

  /** So much went to it or came from it. */
  moved(bytes: number): void {
    this.#moved += bytes;
    if (this.#moved < limits.vaultHeardBytes) return;
    [this.#silences, this.#moved] = [0, 0];
  }

  /** @param cause - the same for all requests that one silence ended. @returns the error to tell. */
  silent(cause: Silence): VaultError {
    if (cause !== this.#last) [this.#silences, this.#moved, this.#last] = [this.#silences + 1, 0, cause];
    return this.#error(`says nothing for ${this.patience.silenceMs / 1_000} s`, cause);
  }

  #error(why: string, cause?: Silence): VaultError {
    return new VaultError(this.#vault, "away", { why, cause });
  }
}

/** What a watch looks at. */
export interface Watched {
  /** Bytes to and from the peer since it began. */
  moved(): number;
  /** False while it is our turn. */
  isAwaited(): boolean;
  onSilence(): void;
}

/** Looks of a watch in the time that a peer may be silent. */
const looks = 20;

/**
 * Counts how long a peer is awaited and moves nothing, or less than it must. What held this process up is not counted:
 * between two looks no more passes than twice their distance.
 */
export class Watch {
  readonly #watched: Watched;
  readonly #patience: Patience;
  readonly #everyMs: number;
  readonly #timer: NodeJS.Timeout;
  #mostMs: number;
  #leftMs: number;
  #seen = 0;
  #lookedAt = performance.now();

  /** @param times - how much longer than usual the peer may take. */
  constructor(watched: Watched, waits: Patience, times = 1) {
    this.#watched = watched;
    this.#patience = waits;
    this.#leftMs = waits.silenceMs * times;
    // What was taken fast may lie in buffers on the way for a while before its answer comes.
    this.#mostMs = this.#leftMs * 4;
    this.#everyMs = waits.silenceMs / looks;
    this.#timer = setInterval(() => this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  /** The peer has answered: from now on it has its time anew, and no more. */
  answered(times = 1): void {
    this.#mostMs = this.#patience.silenceMs * times;
    this.#leftMs = this.#mostMs;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { moved, passedMs } = this.#sinceLast();
    const earnedMs = (moved / this.#patience.leastBytesPerSecond) * 1_000;
    this.#leftMs = Math.min(this.#leftMs + earnedMs, this.#mostMs);
    if (!this.#watched.isAwaited()) return;
    this.#leftMs -= passedMs;
    if (this.#leftMs > 0) return;
    this.end();
    this.#watched.onSilence();
  }

  #sinceLast(): { readonly moved: number; readonly passedMs: number } {
    const [now, seen] = [performance.now(), this.#watched.moved()];
    const since = { moved: seen - this.#seen, passedMs: Math.min(now - this.#lookedAt, this.#everyMs * 2) };
    [this.#lookedAt, this.#seen] = [now, seen];
    return since;
  }
}
