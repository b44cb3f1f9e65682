import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";
import type { RootKey } from "./root-key.ts";
import { keyBytes, type Sealed, seal, sealedSchema, unseal, unsealWithAny } from "./sealed.ts";

const stoneSchema = z.strictObject({
  /** Of whoever asked for the erasure: the same one is written once. */
  id: z.string(),
  at: z.string(),
  /** Keyed digests of what told the person from others. */
  marks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(100),
});
const listSchema = z.strictObject({
  /** The key of the digests: without it nobody can try names and addresses. */
  key: sealedSchema,
  stones: z.array(stoneSchema).max(1_000_000),
});
const recordSchema = z.strictObject({
  format: z.literal(1),
  tenantId: z.string(),
  ...listSchema.shape,
  /** Lists under other keys, and when each was found: of a time in which a place was away and the own copy lost. */
  others: z
    .array(listSchema.extend({ foundAt: z.iso.datetime() }))
    .max(20)
    .optional(),
});
type StoneRecord = z.output<typeof recordSchema>;
type Other = NonNullable<StoneRecord["others"]>[number];
export type Stone = z.output<typeof stoneSchema>;

/** Digests and the key that they were made with. */
export interface StoneList {
  readonly key: Buffer;
  readonly marks: readonly string[];
}

/** So long two lists under different keys are told of, once they were found. */
const toldMs = 7 * 86_400_000;

/**
 * Who was erased, so that no restore brings them back: digests under a key that the root key wraps. Kept outside of
 * every database and backup, since a backup from before an erasure knows nothing of it; in several places, so that the
 * loss of one forgets nobody. What any place knows counts, also where two places have lists under different keys: both
 * are kept everywhere, and an alarm tells it. Gone with the customer. Source: GDPR Art. 17.
 */
export class Tombstones {
  readonly #folders: readonly string[];
  readonly #rootKey: RootKey;
  readonly #random: Random;
  readonly #clock: Clock;

  /** @param folders - the first is made; the others where the place that they lie in is there. */
  constructor(folders: readonly string[], rootKey: RootKey, random: Random, clock: Clock = systemClock) {
    this.#folders = folders;
    this.#rootKey = rootKey;
    this.#random = random;
    this.#clock = clock;
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

  /** Every list of a customer that opens: whoever is on any of them was erased. */
  lists(tenantId: TenantId): StoneList[] {
    const record = this.#read(tenantId);
    return listsIn(record).flatMap((list) => {
      const key = record && opened([this.#rootKey.reveal()], { tenantId, key: list.key });
      const marks = [...new Set(list.stones.flatMap((stone) => stone.marks))];
      return key === undefined ? [] : [{ key, marks }];
    });
  }

  /** Customers of whom lists under different keys were found in the last week. */
  split(): TenantId[] {
    const since = new Date(this.#clock.now() - toldMs).toISOString();
    return this.#tenants().filter((tenantId) =>
      this.#whole(tenantId)?.others?.some(({ foundAt }) => foundAt > since),
    );
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
      const again = <List extends Pick<StoneRecord, "key">>(list: List): List => {
        const key = opened([former, next], { tenantId, key: list.key });
        return key ? { ...list, key: seal(next, key, contextOf(tenantId), this.#random) } : list;
      };
      const { others } = record;
      this.#write({ ...again(record), ...(others ? { others: others.map(again) } : {}) });
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
    const foundAt = new Date(this.#clock.now()).toISOString();
    const [main, ...others] = this.#together(
      tenantId,
      records.flatMap((record) => listsIn(record).map((list) => ({ foundAt, ...list }))),
    );
    if (main === undefined) return undefined;
    const { key, stones } = main;
    return { format: 1, tenantId, key, stones, ...(others.length > 0 ? { others } : {}) };
  }

  /**
   * Lists of the same key as one: what opens tells the key; what does not (of a place that was away when the root key was
   * changed) belongs to the one that it shares an erasure with.
   */
  #together(tenantId: TenantId, lists: readonly Other[]): Other[] {
    const groups: (Other & { readonly secret: Buffer | undefined })[] = [];
    const secretOf = (key: Sealed) => opened([this.#rootKey.reveal()], { tenantId, key });
    const known = lists.map((list) => ({ ...list, secret: secretOf(list.key) }));
    for (const list of [...known.filter(({ secret }) => secret), ...known.filter(({ secret }) => !secret)]) {
      const ids = new Set(list.stones.map(({ id }) => id));
      const at = groups.findIndex(({ secret, stones }) =>
        list.secret && secret ? secret.equals(list.secret) : stones.some(({ id }) => ids.has(id)),
      );
      const like = groups[at];
      if (like === undefined) {
        if (list.secret !== undefined || list.stones.length > 0 || groups.length === 0) groups.push(list);
        continue;
      }
      const stones = new Map([...like.stones, ...list.stones].map((stone) => [stone.id, stone]));
      const [foundAt = like.foundAt] = [like.foundAt, list.foundAt].sort();
      groups[at] = { ...like, foundAt, stones: [...stones.values()] };
    }
    // Two keys, one of which never marked anybody: nothing was split.
    const used = groups.filter(({ stones }, at) => at === 0 || stones.length > 0);
    return used.map(({ secret: _secret, ...list }) => list);
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

const listsIn = (record: StoneRecord | undefined) =>
  record === undefined ? [] : [{ key: record.key, stones: record.stones }, ...(record.others ?? [])];

const contextOf = (tenantId: TenantId): string => `holdfast erasures of ${tenantId}`;

function opened(
  keys: readonly Uint8Array[],
  { key, tenantId }: Pick<StoneRecord, "key" | "tenantId">,
): Buffer | undefined {
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
