import { type ErrorCode, ExpectedError } from "@holdfast/kernel/errors";

/**
 * What ails a vault, as its caller must branch on it:
 *
 * - `away`: it does not answer, or cut us off. Try again later; the other copies go on.
 * - `refused`: it answers, and denies: a wrong credential, another host key, a name that exists. A person must look.
 * - `damaged`: what it sends or took is not what was stored, by its own checksum.
 * - `full`: it has no room. Retention or a larger disk helps.
 * - `lying`: it contradicts itself: took an object and does not have it, or has another size than it says.
 */
export type VaultTrouble = "away" | "refused" | "damaged" | "full" | "lying";

const codes: Readonly<Record<VaultTrouble, ErrorCode>> = {
  away: "unavailable",
  refused: "access_denied",
  damaged: "invalid",
  full: "unavailable",
  lying: "conflict",
};

const hints: Readonly<Record<VaultTrouble, string>> = {
  away: "see whether it can be reached: bin/holdfast vault check; what is missing there is copied when it is back",
  refused: "compare its credential and host key with what its provider gave you",
  damaged: "heal the backup from another copy, and ask the vault's provider about its disks",
  full: "enlarge it, or let retention remove old backups",
  lying: "compare the vault with its catalog: bin/holdfast catalog check",
};

/** A failure of one vault; the message is for the person and holds no path, key or address of ours. */
export class VaultError extends ExpectedError {
  readonly vault: string;
  readonly trouble: VaultTrouble;

  constructor(
    vault: string,
    trouble: VaultTrouble,
    options: {
      readonly why: string;
      readonly code?: ErrorCode;
      readonly hint?: string;
      readonly cause?: unknown;
    },
  ) {
    super(options.code ?? codes[trouble], `vault "${vault}" ${options.why}`, {
      hint: options.hint ?? hints[trouble],
      cause: options.cause,
    });
    this.vault = vault;
    this.trouble = trouble;
  }
}

const away = new Set(
  "ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN EPIPE EIO ESTALE ENODEV ENOTDIR ENOTCONN".split(
    " ",
  ),
);
const refused = new Set("EACCES EPERM EROFS".split(" "));
const full = new Set("ENOSPC EDQUOT EFBIG".split(" "));

/** @returns what a system's error code says of the vault that it came from. */
export function troubleOf(code: string | undefined): VaultTrouble {
  if (refused.has(code ?? "")) return "refused";
  if (full.has(code ?? "")) return "full";
  return away.has(code ?? "") ? "away" : "lying";
}

/** A name that exists: a vault never overwrites. */
export function objectExists(vault: string, cause?: unknown): VaultError {
  return new VaultError(vault, "refused", {
    code: "conflict",
    why: "already has an object of this name",
    hint: "a vault never overwrites: take the backup under a new id",
    cause,
  });
}

/** A system's error as one of the vault; any other stays. A system error's message holds paths: only its code is told. */
export function vaultError(vault: string, error: unknown): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error)) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new VaultError(vault, troubleOf(code), { why: `fails with ${code}`, cause: error });
}

/** Passes on what a vault sends; a system's error on the way becomes the vault's. */
export async function* asVault<T>(vault: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw vaultError(vault, error);
  }
}
