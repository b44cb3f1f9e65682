import { createHash } from "node:crypto";
import type { Model } from "../model/model.ts";
import type { ImportColumn } from "./import-column.ts";
import type { RowSource } from "./row-source.ts";

/**
 * Names that a file's own rows will have, for rows that refer to them. Only six bytes of each name's digest are
 * kept, so that memory does not grow with what people write: two names that are taken for one cost a row its
 * message about a missing record, told later in other words.
 */
export class OwnNames {
  readonly #once = new Set<number>();
  readonly #twice = new Set<number>();

  add(name: string): void {
    const key = keyOf(name);
    if (this.#once.has(key)) this.#twice.add(key);
    else this.#once.add(key);
  }

  has(name: string): boolean {
    return this.#once.has(keyOf(name));
  }

  isTwice(name: string): boolean {
    return this.#twice.has(keyOf(name));
  }
}

function keyOf(name: string): number {
  return createHash("sha256").update(name).digest().readUIntBE(0, 6);
}

/** Reads them out of the file, where one of its columns can name records of its own model; else there are none. */
export async function ownNames(
  source: RowSource,
  model: Model,
  columns: readonly ImportColumn[],
): Promise<OwnNames> {
  const names = new OwnNames();
  const refers = columns.some(
    (column) =>
      column.kind === "field" && column.field.kind === "many2one" && column.field.target === model.name,
  );
  const at = columns.findIndex(
    (column) => column.kind === "field" && (column.name === "name" || column.name === model.displayName),
  );
  if (!refers || at < 0) return names;
  for await (const row of source.rows()) names.add((row[at] ?? "").trim());
  return names;
}
