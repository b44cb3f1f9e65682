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

  /** Removes a record everywhere. @throws ExpectedError `unavailable` when a place does not answer: it may be there. */
  remove(name: string): void {
    for (const folder of this.#folders) {
      try {
        if (!existsSync(folder)) throw new Error("the folder is not there");
        removeDurably(join(folder, name));
      } catch (cause) {
        throw new ExpectedError(
          "unavailable",
          "a replica of the keystore does not answer, so that a key may stay there",
          {
            hint: "make every folder of replicas.json reachable; the deletion goes on by itself",
            details: { folder },
            cause,
          },
        );
      }
    }
  }

  /**
   * Makes every replica equal to the keystore: what is missing is copied, what is gone there goes.
   *
   * @returns the folders that do not answer.
   */
  match(keystoreFolder: string): string[] {
    const names = recordNames(keystoreFolder);
    return this.#folders.filter((folder) => {
      try {
        if (!existsSync(folder)) return true;
        for (const name of names) {
          const content = readFileSync(join(keystoreFolder, name), "utf8");
          const path = join(folder, name);
          if (!existsSync(path) || readFileSync(path, "utf8") !== content) writeDurably(path, content, 0o600);
        }
        for (const name of recordNames(folder)) if (!names.includes(name)) removeDurably(join(folder, name));
        return false;
      } catch {
        return true;
      }
    });
  }

  get count(): number {
    return this.#folders.length;
  }
}

/** Records and the check value; not what a crash left half-written. */
function recordNames(folder: string): string[] {
  return readdirSync(folder).filter((name) => name === ".check" || /^[0-9a-f-]{36}\.json$/.test(name));
}
