import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";

const fileSchema = z.strictObject({
  format: z.literal(1),
  /** Absolute paths, on other disks or hosts; never in a vault that refuses deletion. */
  folders: z.array(z.string().regex(/^\//)).min(2).max(10),
});

/**
 * Where the keystore is copied to: what `replicas.json` names, else two folders beside it that only pose as other
 * places. Wrapped keys are of no use without the root key; but where one stays, a customer is not shredded. So each
 * place must be one from which it can be deleted.
 */
export function replicaFolders(folder: DataFolder): string[] {
  if (existsSync(folder.replicasFile))
    return fileSchema.parse(JSON.parse(readFileSync(folder.replicasFile, "utf8"))).folders;
  return ["first", "second"].map((name) => {
    const path = join(folder.replicas, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  });
}

/** What is known of records apart from their bytes. */
export interface KnownRecords {
  /** Whether this text is this record and all its secrets open under the root key. */
  opens(name: string, content: string): boolean;
  /** Whether its key was destroyed on purpose, or it holds none. */
  isOver(name: string, content: string): boolean;
  /** Of one that opens: the number of its data key, and how many former ones it has. */
  rank(name: string, content: string): { readonly generation: number; readonly former: number };
}

/** See {@link KeystoreReplicas.match}. */
export interface Matched {
  /** Folders that do not answer. */
  readonly away: readonly string[];
  /** Records that were put back into the keystore. */
  readonly recovered: readonly string[];
  /** Records that open nowhere: every place keeps what it has. */
  readonly unreadable: readonly string[];
}

/** The copies of a keystore's records. */
export class KeystoreReplicas {
  readonly #folders: readonly string[];

  /** @param folders - that exist; one that does not is away. */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Copies a record everywhere. One place that fails stops nothing: {@link match} brings it up to date. */
  write(name: string, content: string): void {
    for (const folder of this.#folders)
      try {
        if (existsSync(folder)) writeDurably(join(folder, name), content, 0o600);
      } catch {
        // Told, and done again, by match.
      }
  }

  /** Writes a record in every place. @throws ExpectedError `unavailable` when one does not answer; none is begun with then. */
  writeAll(name: string, content: string): void {
    const [away] = this.away();
    if (away !== undefined)
      throw unreachable("nothing is changed while one place would not know of it", away);
    for (const folder of this.#folders)
      try {
        writeDurably(join(folder, name), content, 0o600);
      } catch (cause) {
        throw unreachable("nothing is changed while one place would not know of it", folder, cause);
      }
  }

  /** Removes a record everywhere. @throws ExpectedError `unavailable` when a place does not answer: it may be there. */
  remove(name: string): void {
    for (const folder of this.#folders) {
      try {
        if (!existsSync(folder)) throw new Error("the folder is not there");
        removeDurably(join(folder, name));
      } catch (cause) {
        throw unreachable("so that a key may stay there", folder, cause);
      }
    }
  }

  /**
   * Makes the keystore and every replica equal. A record that the keystore lost, or has damaged, is put back from a
   * replica that still opens: a disk that was not mounted, or rotted, must never take the copies along. Only what was
   * shredded is removed.
   *
   * Reads every record; asks whether one opens only where two differ.
   */
  match(keystoreFolder: string, known: KnownRecords): Matched {
    const names = new Map(this.#folders.map((folder) => [folder, namesIn(folder)]));
    const there = this.#folders.filter((folder) => names.get(folder) !== undefined);
    const away = new Set(this.#folders.filter((folder) => names.get(folder) === undefined));
    const matched = { recovered: [] as string[], unreadable: [] as string[] };
    const all = new Set([
      ...recordNames(keystoreFolder),
      ...there.flatMap((folder) => names.get(folder) ?? []),
    ]);
    for (const name of all) {
      const whole = chosen(name, { keystoreFolder, replicas: there, known });
      if (whole.kind === "unreadable") matched.unreadable.push(name);
      if (whole.kind === "recovered") matched.recovered.push(name);
      for (const folder of there)
        try {
          if (whole.kind === "shredded") removeDurably(join(folder, name));
          else if ("content" in whole) put(join(folder, name), whole.content);
        } catch {
          away.add(folder);
        }
    }
    return { ...matched, away: [...away] };
  }

  /** Of all records in any place that answers. */
  names(): string[] {
    return this.#folders.flatMap((folder) => namesIn(folder) ?? []);
  }

  /** A record as the places that answer have it. */
  copies(name: string): string[] {
    return this.#folders.flatMap((folder) => textOf(join(folder, name)) ?? []);
  }

  /** Those whose folder is not there now; reads no record. */
  away(): string[] {
    return this.#folders.filter((folder) => !existsSync(folder));
  }

  get count(): number {
    return this.#folders.length;
  }
}

const unreachable = (why: string, folder: string, cause?: unknown): ExpectedError =>
  new ExpectedError("unavailable", `a replica of the keystore does not answer: ${why}`, {
    hint: "make every folder of replicas.json reachable; it goes on by itself",
    details: { folder },
    cause,
  });

/** @returns undefined where the folder does not answer. */
function namesIn(folder: string): string[] | undefined {
  try {
    return recordNames(folder);
  } catch {
    return undefined;
  }
}

/** Records and the check value; not what a crash left half-written. */
export function recordNames(folder: string): string[] {
  return readdirSync(folder).filter((name) => name === ".check" || /^[0-9a-f-]{36}\.json$/.test(name));
}

type Chosen =
  | { readonly kind: "kept" | "recovered"; readonly content: string }
  | { readonly kind: "shredded" | "unreadable" };

/** Which of its copies a record is taken from; puts it back into the keystore where that has lost it. */
function chosen(
  name: string,
  from: {
    readonly keystoreFolder: string;
    readonly replicas: readonly string[];
    readonly known: KnownRecords;
  },
): Chosen {
  const { known } = from;
  const own = textOf(join(from.keystoreFolder, name));
  const copies = from.replicas.flatMap((folder) => textOf(join(folder, name)) ?? []);
  if (own !== undefined && copies.every((copy) => copy === own)) return { kind: "kept", content: own };
  const best = bestOf(name, copies, known);
  if (own !== undefined && known.opens(name, own)) {
    // A copy with a newer data key: this place missed a change, as one that was put back from an older disk does.
    const isOlder = best !== undefined && generationOf(best) > generationOf(own);
    if (!isOlder) return { kind: "kept", content: own };
  }
  // A copy that cannot be read says nothing: none is thrown away for it.
  const isOver = copies.length > 0 && copies.every((copy) => known.isOver(name, copy));
  if (own === undefined && isOver) return { kind: "shredded" };
  if (best === undefined) return { kind: "unreadable" };
  writeDurably(join(from.keystoreFolder, name), best, 0o600);
  return { kind: "recovered", content: best };

  function generationOf(content: string): number {
    return known.rank(name, content).generation;
  }
}

/** Of the copies that open the one with the newest data key; of these the one that has more former ones destroyed. */
function bestOf(name: string, copies: readonly string[], known: KnownRecords): string | undefined {
  const ranked = [...new Set(copies)]
    .filter((copy) => known.opens(name, copy))
    .map((copy) => ({ copy, ...known.rank(name, copy) }))
    .sort((one, other) => other.generation - one.generation || one.former - other.former);
  return ranked[0]?.copy;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function put(path: string, content: string): void {
  if (textOf(path) !== content) writeDurably(path, content, 0o600);
}
