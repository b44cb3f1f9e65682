import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DataKeys } from "@holdfast/backups/data-keys";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { lastingPurposes } from "@holdfast/kernel/tenant-keys";
import { removeDurably, writeDurably } from "./durable-file.ts";
import {
  bestRecord,
  contextOf,
  holdsKey,
  type KeyRecord,
  lastingContext,
  maxFormer,
  parseRecord,
  resealed,
  type SecretName,
  tenantOf,
} from "./keystore-record.ts";
import { KeystoreReplicas, type Matched } from "./keystore-replicas.ts";
import { checkContext, type RootKey } from "./root-key.ts";
import { keyBytes, type Sealed, seal, sealedSchema, unseal, unsealWithAny } from "./sealed.ts";

/** A former data key, without the key. */
export interface FormerKey {
  readonly generation: number;
  /** ISO; nothing was sealed under it since. */
  readonly until: string;
}

/** See {@link Keystore.rewrap}. */
export interface Rewrapped {
  readonly records: number;
  /** Customers whose record opened in no place. */
  readonly rotten: readonly TenantId[];
}

/**
 * The wrapped secrets of each tenant, one small file each: its data key and the password of its login
 * role. Kept apart from every backup, since shredding a key must reach all copies (claim ENC-5).
 */
export class Keystore {
  readonly #folder: string;
  readonly #rootKey: RootKey;
  readonly #random: Random;
  readonly #replicas: KeystoreReplicas;
  #unreadable = 0;

  /** @param replicas - where every record is copied to; none in tests of the keystore alone. */
  constructor(
    folder: string,
    rootKey: RootKey,
    {
      random,
      replicas = new KeystoreReplicas([]),
    }: { readonly random: Random; readonly replicas?: KeystoreReplicas },
  ) {
    this.#folder = folder;
    this.#rootKey = rootKey;
    this.#random = random;
    this.#replicas = replicas;
  }

  /** How many places hold each record: this one and its replicas. */
  get places(): number {
    return 1 + this.#replicas.count;
  }

  /**
   * Brings the replicas up to date, and back from them what was lost here.
   *
   * @param isShredded - whether a tenant's key was destroyed on purpose: then no copy of it may come back.
   */
  matchReplicas(isShredded: (tenantId: TenantId) => boolean): Matched {
    const matched = this.#replicas.match(this.#folder, {
      opens: (name, content) => this.#opens(name, content),
      isOver: (name, content) => {
        const tenantId = tenantOf(name);
        return tenantId !== null && (isShredded(tenantId) || !holdsKey(content));
      },
      rank: (name, content) => {
        const tenantId = tenantOf(name);
        const { generation = 1, former = [] } = tenantId === null ? {} : parseRecord(content, tenantId);
        return { generation, former: former.length };
      },
    });
    this.#unreadable = matched.unreadable.length;
    return matched;
  }

  /** Replicas that are away now, of how many, and how many records opened nowhere when they were last compared. */
  look(): { readonly replicas: number; readonly away: readonly string[]; readonly unreadable: number } {
    return { replicas: this.#replicas.count, away: this.#replicas.away(), unreadable: this.#unreadable };
  }

  /**
   * Seals every secret with another root key; what is under it already stays. A record that rotted here is taken from a
   * replica in which it opens; one that opens nowhere stays as it is, and the others go on.
   *
   * @param isShredded - a record that is missing here is not taken from a replica when its key was destroyed.
   * @returns how many records are under the next key, and those that opened nowhere.
   */
  rewrap(
    former: Uint8Array,
    next: Uint8Array,
    isShredded: (tenantId: TenantId) => boolean = () => false,
  ): Rewrapped {
    const rotten = this.#rewrapRecords([former, next], isShredded);
    const check = join(this.#folder, ".check");
    const known = sealedSchema.parse(readFileSync(check, "utf8").trim());
    const value = unsealWithAny([former, next], known, checkContext);
    writeDurably(check, seal(next, value, checkContext, this.#random), 0o600);
    return { records: this.list().length - rotten.length, rotten };
  }

  /**
   * Takes records that opened nowhere when the root key was changed from a replica that was away then, under the former
   * root key. @returns those that still open nowhere.
   */
  heal(former: Uint8Array, isShredded: (tenantId: TenantId) => boolean): TenantId[] {
    return this.#rewrapRecords([this.#rootKey.reveal(), former], isShredded, this.#rootKey.reveal());
  }

  #rewrapRecords(
    keys: readonly Uint8Array[],
    isShredded: (tenantId: TenantId) => boolean,
    next: Uint8Array = keys.at(-1) ?? Buffer.alloc(keyBytes),
  ): TenantId[] {
    const again = (sealed: Sealed, context: string): Sealed =>
      seal(next, unsealWithAny(keys, sealed, context), context, this.#random);
    const rotten: TenantId[] = [];
    const names = new Set([...this.list().map(({ name }) => name), ...this.#replicas.names()]);
    for (const tenantId of [...names].flatMap((name) => tenantOf(name) ?? [])) {
      const own = this.#textOf(tenantId);
      const copies = this.#replicas.copies(`${tenantId}.json`);
      if (own === undefined && (isShredded(tenantId) || !copies.some(holdsKey))) continue;
      const best = bestRecord([...(own === undefined ? [] : [own]), ...copies], (text) =>
        resealed(tenantId, parseRecord(text, tenantId), again),
      );
      if (best === undefined) rotten.push(tenantId);
      else this.#write(tenantId, best);
    }
    return rotten;
  }

  /** Makes the data key if there is none. @returns whether it was made. */
  ensureDataKey(tenantId: TenantId): boolean {
    return this.#ensure(tenantId, "dataKey", () => this.#random.bytes(keyBytes));
  }

  /** Makes the login role's password if there is none: 256 bits of text. @returns whether it was made. */
  ensurePassword(tenantId: TenantId): boolean {
    return this.#ensure(tenantId, "password", () =>
      Buffer.from(Buffer.from(this.#random.bytes(keyBytes)).toString("base64url")),
    );
  }

  /** @returns the 32 bytes, or undefined when there is no key. @throws ExpectedError `conflict` when tampered. */
  dataKey(tenantId: TenantId): Buffer | undefined {
    return this.#open(tenantId, "dataKey");
  }

  /** Every data key there is, the current one first, and which it is. Errors: see {@link dataKey}. */
  dataKeys(tenantId: TenantId): (DataKeys & { readonly generation: number }) | undefined {
    const [record, dataKey] = [this.#read(tenantId), this.dataKey(tenantId)];
    if (record === undefined || dataKey === undefined) return undefined;
    const otherKeys = (record.former ?? []).map(({ generation, dataKey: sealed }) => ({
      generation,
      key: unseal(this.#rootKey.reveal(), sealed, contextOf(tenantId, "dataKey", generation)),
    }));
    return { dataKey, generation: record.generation ?? 1, otherKeys };
  }

  /** Former data keys that are still kept. */
  former(tenantId: TenantId): FormerKey[] {
    return (this.#read(tenantId)?.former ?? []).map(({ generation, until }) => ({ generation, until }));
  }

  /** Keys of single purposes that outlived the first data key. */
  lastingKeys(tenantId: TenantId): Record<string, Buffer> {
    const root = this.#rootKey.reveal();
    const lasting = Object.entries(this.#read(tenantId)?.lasting ?? {});
    return Object.fromEntries(
      lasting.map(([purpose, key]) => [purpose, unseal(root, key, lastingContext(tenantId, purpose))]),
    );
  }

  /**
   * Makes the data key that follows `from` and keeps that one as a former one. In every replica before it counts here,
   * since from then on nothing else opens what is sealed. Safe to run again. @returns whether it was made.
   * @throws ExpectedError `unavailable` when a replica does not answer; `conflict` when there is another key by now.
   */
  renewDataKey(tenantId: TenantId, { from, at }: { readonly from: number; readonly at: string }): boolean {
    const record = this.#read(tenantId);
    const former = this.dataKey(tenantId);
    if (record?.dataKey == null || former === undefined)
      throw new ExpectedError("gone", `the data key of tenant ${tenantId} does not exist or was shredded`);
    const { generation = 1 } = record;
    if (generation === from + 1) return false;
    if (generation !== from)
      throw new ExpectedError("conflict", `the data key of ${tenantId} is number ${generation}, not ${from}`);
    if ((record.former?.length ?? 0) >= maxFormer)
      throw new ExpectedError("conflict", `${maxFormer} former data keys are kept of ${tenantId} already`, {
        hint: "the next one is made once some of them are destroyed; `bin/holdfast key show` tells what needs them",
      });
    const root = this.#rootKey.reveal();
    const sealed = (key: Uint8Array, context: string): Sealed => seal(root, key, context, this.#random);
    const lasting = lastingPurposes.map((purpose) => {
      const key = deriveKey(former, purpose);
      return [purpose, sealed(key, lastingContext(tenantId, purpose))] as const;
    });
    this.#writeEverywhere(tenantId, {
      ...record,
      generation: from + 1,
      dataKey: sealed(this.#random.bytes(keyBytes), contextOf(tenantId, "dataKey", from + 1)),
      former: [...(record.former ?? []), { generation: from, dataKey: record.dataKey, until: at }],
      lasting: record.lasting ?? Object.fromEntries(lasting),
    });
    return true;
  }

  /** Forgets a former data key for good, in every replica first; safe to run twice. @returns whether there was one. */
  destroyFormer(tenantId: TenantId, generation: number): boolean {
    const record = this.#read(tenantId);
    const left = record?.former?.filter((each) => each.generation !== generation);
    if (record === undefined || left?.length === record.former?.length) return false;
    this.#writeEverywhere(tenantId, { ...record, former: left });
    return true;
  }

  password(tenantId: TenantId): string | undefined {
    return this.#open(tenantId, "password")?.toString("utf8");
  }

  /** Forgets the key for good; safe to run twice. @returns whether there was one. */
  shredDataKey(tenantId: TenantId): boolean {
    return this.#forget(tenantId, "dataKey");
  }

  forgetPassword(tenantId: TenantId): boolean {
    return this.#forget(tenantId, "password");
  }

  /** @returns every tenant with a record, in the order of their ids, and files that are no records by name. */
  list(): { readonly name: string; readonly tenantId: TenantId | null }[] {
    return readdirSync(this.#folder)
      .filter((name) => !name.startsWith("."))
      .sort()
      .map((name) => ({ name, tenantId: tenantOf(name) }));
  }

  #opens(name: string, content: string): boolean {
    const key = this.#rootKey.reveal();
    try {
      const tenantId = tenantOf(name);
      if (tenantId === null) {
        unseal(key, sealedSchema.parse(content.trim()), checkContext);
        return true;
      }
      resealed(tenantId, parseRecord(content, tenantId), (sealed, context) => {
        unseal(key, sealed, context);
        return sealed;
      });
      return true;
    } catch {
      return false;
    }
  }

  #ensure(tenantId: TenantId, name: SecretName, make: () => Uint8Array): boolean {
    const empty: KeyRecord = { format: 1, tenantId, dataKey: null, password: null };
    const record = this.#read(tenantId) ?? empty;
    if (record[name] !== null) return false;
    const sealed = seal(this.#rootKey.reveal(), make(), contextOf(tenantId, name), this.#random);
    this.#write(tenantId, { ...record, [name]: sealed });
    return true;
  }

  #open(tenantId: TenantId, name: SecretName): Buffer | undefined {
    const record = this.#read(tenantId);
    const sealed = record?.[name];
    if (!sealed) return undefined;
    return unseal(this.#rootKey.reveal(), sealed, contextOf(tenantId, name, record?.generation));
  }

  #forget(tenantId: TenantId, name: SecretName): boolean {
    const record = this.#read(tenantId);
    if (!record) this.#replicas.remove(`${tenantId}.json`);
    if (!record || record[name] === null) return false;
    const { former: _former, lasting: _lasting, generation: _generation, ...passing } = record;
    const rest = { ...(name === "dataKey" ? passing : record), [name]: null };
    // Replicas first: while one of them may still have it, it is not forgotten.
    this.#replicas.remove(`${tenantId}.json`);
    if (rest.dataKey === null && rest.password === null) return removeDurably(this.#path(tenantId));
    this.#write(tenantId, rest);
    return true;
  }

  #read(tenantId: TenantId): KeyRecord | undefined {
    const text = this.#textOf(tenantId);
    return text === undefined ? undefined : parseRecord(text, tenantId);
  }

  #textOf(tenantId: TenantId): string | undefined {
    try {
      return readFileSync(this.#path(tenantId), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** For what must not be known in some places alone. */
  #writeEverywhere(tenantId: TenantId, record: KeyRecord): void {
    const content = `${JSON.stringify(record)}\n`;
    this.#replicas.writeAll(`${tenantId}.json`, content);
    writeDurably(this.#path(tenantId), content, 0o600);
  }

  #write(tenantId: TenantId, record: KeyRecord): void {
    const content = `${JSON.stringify(record)}\n`;
    writeDurably(this.#path(tenantId), content, 0o600);
    this.#replicas.write(`${tenantId}.json`, content);
  }

  #path(tenantId: TenantId): string {
    return join(this.#folder, `${tenantId}.json`);
  }
}
