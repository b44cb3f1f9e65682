import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";
import type { RootKey } from "./root-key.ts";
import { keyBytes, seal, sealedSchema, unseal, unsealWithAny } from "./sealed.ts";

const stoneSchema = z.strictObject({
  /** Of whoever asked for the erasure: the same one is written once. */
  id: z.string(),
  at: z.string(),
  /** Keyed digests of what told the person from others. */
  marks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(100),
});
const recordSchema = z.strictObject({
  format: z.literal(1),
  tenantId: z.string(),
  /** The key of the digests: without it nobody can try names and addresses. */
  key: sealedSchema,
  stones: z.array(stoneSchema).max(1_000_000),
});
type StoneRecord = z.output<typeof recordSchema>;
export type Stone = z.output<typeof stoneSchema>;

/**
 * Who was erased, so that no restore brings them back: digests under a key that the root key wraps. Kept outside of
 * every database and backup, since a backup from before an erasure knows nothing of it; in several places, so that the
 * loss of one forgets nobody. What any place knows counts. Gone with the customer. Source: GDPR Art. 17.
 */
export class Tombstones {
  readonly #folders: readonly string[];
  readonly #rootKey: RootKey;
  readonly #random: Random;

  /** @param folders - the first is made; the others where the place that they lie in is there. */
  constructor(folders: readonly string[], rootKey: RootKey, random: Random) {
    this.#folders = folders;
    this.#rootKey = rootKey;
    this.#random = random;
    for (const folder of this.#reachable()) mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The key of a customer's digests; made when `make` and there is none yet. */
  key(tenantId: TenantId, { make }: { readonly make: boolean }): Buffer | undefined {
    const record = this.#read(tenantId);
    if (record !== undefined) return unseal(this.#rootKey.reveal(), record.key, contextOf(tenantId));
    if (!make) return undefined;
    const key = Buffer.from(this.#random.bytes(keyBytes));
    const sealed = seal(this.#rootKey.reveal(), key, contextOf(tenantId), this.#random);
    this.#write({ format: 1, tenantId, key: sealed, stones: [] });
    return key;
  }

  stones(tenantId: TenantId): readonly Stone[] {
    return this.#read(tenantId)?.stones ?? [];
  }

  /** Safe to run again. @returns whether it was new. @throws ExpectedError `conflict` before {@link key} was made. */
  add(tenantId: TenantId, stone: Stone): boolean {
    const record = this.#read(tenantId);
    if (record === undefined) throw new ExpectedError("conflict", `nobody of ${tenantId} can be erased yet`);
    if (record.stones.some(({ id }) => id === stone.id)) return false;
    this.#write({ ...record, stones: [...record.stones, stone] });
    return true;
  }

  /** With the customer's key: nothing of the customer can be restored any more. @returns whether there were any. */
  forget(tenantId: TenantId): boolean {
    let had = false;
    for (const folder of this.#reachable()) had = removeDurably(join(folder, `${tenantId}.json`)) || had;
    return had;
  }

  /**
   * Wraps every key with another root key. What opens under neither, or is damaged in every place, stays as it is: of
   * an installation that was here before, or lost. A rotation that stopped at it could never end.
   */
  rewrap(former: Uint8Array, next: Uint8Array): void {
    for (const tenantId of this.#tenants()) {
      const record = this.#whole(tenantId);
      if (record === undefined) continue;
      const key = opened([former, next], record);
      if (key !== undefined)
        this.#write({ ...record, key: seal(next, key, contextOf(tenantId), this.#random) });
    }
  }

  /**
   * Brings every place to what all of them know together; at the start, and now and then. A list that is damaged in
   * every place stays as it is: it stops the restores of its own customer, and nothing of the others.
   *
   * @returns those whose list is damaged.
   */
  match(): TenantId[] {
    for (const folder of this.#reachable()) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const damaged: TenantId[] = [];
    for (const tenantId of this.#tenants()) {
      const record = this.#whole(tenantId);
      if (record === undefined) damaged.push(tenantId);
      else this.#write(record);
    }
    return damaged;
  }

  /** What is known of one in the list of customers; undefined: nothing that can be read. */
  #whole(tenantId: TenantId): StoneRecord | undefined {
    try {
      return this.#read(tenantId);
    } catch {
      return undefined;
    }
  }

  #tenants(): TenantId[] {
    const names = this.#reachable().flatMap((folder) => readdirSync(folder));
    return [...new Set(names)].flatMap((name) => {
      const id = name.endsWith(".json") ? parseId<"tenant">(name.slice(0, -".json".length)) : undefined;
      return id === undefined ? [] : [id];
    });
  }

  /** What all places know together. @throws ExpectedError `conflict` when one is damaged and no other has it. */
  #read(tenantId: TenantId): StoneRecord | undefined {
    const texts = this.#reachable().flatMap((folder) => {
      const path = join(folder, `${tenantId}.json`);
      return existsSync(path) ? [readFileSync(path, "utf8")] : [];
    });
    const records = texts.flatMap((text) => parsed(text, tenantId));
    const [first] = records;
    if (first === undefined && texts.length > 0)
      throw new ExpectedError(
        "conflict",
        `the list of who was erased from ${tenantId} is damaged in every place`,
        {
          hint: "put it back from a replica of the keystore; until then nothing of this customer is restored",
        },
      );
    if (first === undefined) return undefined;
    const stones = new Map(records.flatMap(({ stones: own }) => own.map((stone) => [stone.id, stone])));
    return { ...first, stones: [...stones.values()] };
  }

  #write(record: StoneRecord): void {
    const content = `${JSON.stringify(record)}\n`;
    const [own, ...others] = this.#reachable();
    if (own !== undefined) put(join(own, `${record.tenantId}.json`), content);
    for (const folder of others)
      try {
        put(join(folder, `${record.tenantId}.json`), content);
      } catch {
        // Done again by match: what one place knows counts.
      }
  }

  #reachable(): string[] {
    return this.#folders.filter((folder, at) => at === 0 || existsSync(dirname(folder)));
  }
}

const contextOf = (tenantId: TenantId): string => `holdfast erasures of ${tenantId}`;

function opened(keys: readonly Uint8Array[], { key, tenantId }: StoneRecord): Buffer | undefined {
  try {
    return unsealWithAny(keys, key, contextOf(tenantId as TenantId));
  } catch {
    return undefined;
  }
}

/** Matching now and then must not write what is there. */
function put(path: string, content: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return;
  writeDurably(path, content, 0o600);
}

function parsed(text: string, tenantId: TenantId): StoneRecord[] {
  try {
    const record = recordSchema.parse(JSON.parse(text));
    return record.tenantId === tenantId ? [record] : [];
  } catch {
    return [];
  }
}
