import { createHmac, randomBytes } from "node:crypto";

const keepMs = 10 * 60_000;
const mostKept = 2_000;

/**
 * Remembers, in this process's memory alone, that a password fitted a stored hash: doors whose clients send the
 * password with every call would else hash a third of a second each time.
 *
 * Grants nothing by itself: the caller reads the stored hash and whether the user is active *now*, and a hash
 * that is another one since is not remembered. Keeps a keyed digest, never the password.
 */
export class VerifiedPasswords {
  readonly #key = randomBytes(32);
  readonly #untilMs = new Map<string, number>();

  has(password: string, stored: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(this.#digest(password, stored));
    return untilMs !== undefined && untilMs > nowMs;
  }

  add(password: string, stored: string, nowMs: number): void {
    if (this.#untilMs.size >= mostKept) this.#untilMs.clear();
    this.#untilMs.set(this.#digest(password, stored), nowMs + keepMs);
  }

  #digest(password: string, stored: string): string {
    return createHmac("sha256", this.#key).update(`${stored}\n${password}`).digest("base64");
  }
}
