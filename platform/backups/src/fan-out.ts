import { PassThrough } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import { limits } from "./limits.ts";
import type { VaultObjectName } from "./object-name.ts";
import type { PutOptions, Vault } from "./vault.ts";
import { VaultError, type VaultTrouble, vaultError } from "./vault-error.ts";

/** What became of one vault's copy. A failed one left no object in its vault. */
export type Copy =
  | { readonly kind: "written"; readonly vault: string; readonly bytes: number }
  | {
      readonly kind: "failed";
      readonly vault: string;
      readonly reason: string;
      /** Absent when it is none of the vault's. */
      readonly trouble?: VaultTrouble;
    };

/**
 * Streams one object to all vaults at once, as fast as the slowest that still takes. A vault that fails, or takes
 * nothing for the stall limit, is given up with all that is under way to it, and reported; the others go on. When the source fails, or the signal
 * fires, every copy is undone and the error thrown.
 *
 * @returns one copy per vault, in their order; at least one is written.
 * @throws ExpectedError (`unavailable`) with all reasons when none is.
 */
export async function fanOut(
  source: AsyncIterable<Buffer>,
  vaults: readonly Vault[],
  name: VaultObjectName,
  options: PutOptions & { readonly stallMs?: number } = {},
): Promise<Copy[]> {
  const stallMs = options.stallMs ?? limits.vaultStallMs;
  const lanes = vaults.map((vault) => new Lane(vault, name, { ...options, stallMs }));
  try {
    for await (const chunk of source) {
      options.signal?.throwIfAborted();
      await Promise.all(lanes.map((lane) => lane.write(chunk)));
      if (lanes.every((lane) => lane.failure !== undefined)) break;
    }
    options.signal?.throwIfAborted();
    if (lanes.every((lane) => lane.failure !== undefined)) throw noCopy(lanes);
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.abandon(error as Error)));
    throw error;
  }
  const copies = await Promise.all(lanes.map((lane) => lane.finish()));
  if (copies.every((copy) => copy.kind === "failed")) throw noCopy(lanes);
  return copies;
}

const noCopy = (lanes: readonly Lane[]) =>
  new ExpectedError(
    "unavailable",
    `no vault took the backup: ${lanes.map((lane) => lane.failure?.reason).join("; ")}`,
    {
      hint: "see the state of the vaults; the live data is untouched",
    },
  );

/** One vault's queue. */
class Lane {
  readonly #vault: Vault;
  readonly #stallMs: number;
  readonly #queue = new PassThrough({ highWaterMark: limits.vaultQueueBytes });
  readonly #stored: Promise<number | undefined>;
  readonly #cancel: AbortSignal | undefined;
  /** Ends the put of a vault that was given up. */
  readonly #givenUp = new AbortController();
  failure: { readonly reason: string; readonly trouble?: VaultTrouble } | undefined;

  constructor(vault: Vault, name: VaultObjectName, options: PutOptions & { readonly stallMs: number }) {
    this.#vault = vault;
    this.#stallMs = options.stallMs;
    this.#cancel = options.signal;
    this.#queue.on("error", () => undefined);
    const signals = [this.#givenUp.signal, ...(options.signal === undefined ? [] : [options.signal])];
    this.#stored = vault.put(name, this.#queue, { ...options, signal: AbortSignal.any(signals) }).then(
      ({ bytes }) => bytes,
      (error) => this.#fail(error),
    );
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.failure !== undefined || this.#queue.write(chunk)) return;
    const drained = new Promise((resolve) => this.#queue.once("drain", resolve));
    await this.#within((limit) => Promise.race([drained, this.#stored, aborted(this.#cancel, limit)]));
  }

  async finish(): Promise<Copy> {
    this.#queue.end();
    const bytes = await this.#within((signal) => Promise.race([this.#stored, aborted(signal)]));
    const vault = this.#vault.place.name;
    if (typeof bytes === "number" && this.failure === undefined) return { kind: "written", vault, bytes };
    return { kind: "failed", vault, ...(this.failure ?? { reason: "the copy failed" }) };
  }

  /** Waits until the vault has cleaned up, but no longer than the limit. */
  async abandon(error: Error): Promise<void> {
    this.#queue.destroy(error);
    this.#givenUp.abort(error);
    await this.#within((signal) => Promise.race([this.#stored, aborted(signal)]));
  }

  async #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const limit = new AbortController();
    // One that ends its requests itself is never cut off while it moves, however slow its line.
    const timer = this.#vault.capabilities.endsItself
      ? undefined
      : setTimeout(() => limit.abort(), this.#stallMs);
    try {
      return await work(limit.signal);
    } catch {
      return this.#fail(
        new VaultError(this.#vault.place.name, "away", {
          why: `took nothing for ${this.#stallMs / 1000} s`,
        }),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(error: unknown): undefined {
    const name = this.#vault.place.name;
    const known = vaultError(name, error);
    this.failure ??=
      known instanceof VaultError
        ? { reason: known.message, trouble: known.trouble }
        : { reason: known instanceof ExpectedError ? known.message : `vault "${name}": ${codeOf(error)}` };
    this.#queue.destroy(new Error(this.failure.reason));
    this.#givenUp.abort(new Error(this.failure.reason));
    return undefined;
  }
}

function aborted(...signals: readonly (AbortSignal | undefined)[]): Promise<never> {
  const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

// A system error's message holds paths: the person gets its code, the log of the job has the rest.
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).name;
