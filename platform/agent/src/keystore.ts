import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";
import { KeystoreReplicas, type Matched } from "./keystore-replicas.ts";
import { checkContext, type RootKey } from "./root-key.ts";
import { keyBytes, type Sealed, seal, sealedSchema, unseal, unsealWithAny } from "./sealed.ts";

const recordSchema = z.strictObject({
  format: z.literal(1),
  tenantId: z.string(),
  dataKey: sealedSchema.nullable(),
  password: sealedSchema.nullable(),
});
type Record = z.output<typeof recordSchema>;
type SecretName = "dataKey" | "password";

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
    });
    this.#unreadable = matched.unreadable.length;
    return matched;
  }

  /** Replicas that are away now, of how many, and how many records opened nowhere when they were last compared. */
  look(): { readonly replicas: number; readonly away: readonly string[]; readonly unreadable: number } {
    return { replicas: this.#replicas.count, away: this.#replicas.away(), unreadable: this.#unreadable };
  }

  /** Seals every secret with another root key; what is under it already stays. @returns how many records. */
  rewrap(former: Uint8Array, next: Uint8Array): number {
    const again = (sealed: Sealed, context: string): Sealed =>
      seal(next, unsealWithAny([former, next], sealed, context), context, this.#random);
    for (const { tenantId } of this.list()) {
      const record = tenantId === null ? undefined : this.#read(tenantId);
      if (tenantId === null || record === undefined) continue;
      const { dataKey, password } = record;
      this.#write(tenantId, {
        ...record,
        dataKey: dataKey && again(dataKey, contextOf(tenantId, "dataKey")),
        password: password && again(password, contextOf(tenantId, "password")),
      });
    }
    const check = join(this.#folder, ".check");
    const known = sealedSchema.parse(readFileSync(check, "utf8").trim());
    writeDurably(check, again(known, checkContext), 0o600);
    return this.list().length;
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
      const record = parseRecord(content, tenantId);
      for (const secret of ["dataKey", "password"] as const)
        if (record[secret] !== null) unseal(key, record[secret], contextOf(tenantId, secret));
      return true;
    } catch {
      return false;
    }
  }

  #ensure(tenantId: TenantId, name: SecretName, make: () => Uint8Array): boolean {
    const record = this.#read(tenantId) ?? { format: 1, tenantId, dataKey: null, password: null };
    if (record[name] !== null) return false;
    const sealed = seal(this.#rootKey.reveal(), make(), contextOf(tenantId, name), this.#random);
    this.#write(tenantId, { ...record, [name]: sealed });
    return true;
  }

  #open(tenantId: TenantId, name: SecretName): Buffer | undefined {
    const sealed = this.#read(tenantId)?.[name];
    return sealed ? unseal(this.#rootKey.reveal(), sealed, contextOf(tenantId, name)) : undefined;
  }

  #forget(tenantId: TenantId, name: SecretName): boolean {
    const record = this.#read(tenantId);
    if (!record) this.#replicas.remove(`${tenantId}.json`);
    if (!record || record[name] === null) return false;
    const rest = { ...record, [name]: null };
    // Replicas first: while one of them may still have it, it is not forgotten.
    this.#replicas.remove(`${tenantId}.json`);
    if (rest.dataKey === null && rest.password === null) return removeDurably(this.#path(tenantId));
    this.#write(tenantId, rest);
    return true;
  }

  #read(tenantId: TenantId): Record | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path(tenantId), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    return parseRecord(text, tenantId);
  }

  #write(tenantId: TenantId, record: Record): void {
    const content = `${JSON.stringify(record)}\n`;
    writeDurably(this.#path(tenantId), content, 0o600);
    this.#replicas.write(`${tenantId}.json`, content);
  }

  #path(tenantId: TenantId): string {
    return join(this.#folder, `${tenantId}.json`);
  }
}

/** @returns null for what is no record of a tenant. */
const tenantOf = (name: string): TenantId | null => parseId<"tenant">(name.replace(/\.json$/, "")) ?? null;

/** Whether a record, readable or not, may hold a data key: only one that surely does not may be thrown away. */
function holdsKey(content: string): boolean {
  try {
    return recordSchema.parse(JSON.parse(content)).dataKey !== null;
  } catch {
    return true;
  }
}

function contextOf(tenantId: TenantId, name: SecretName): string {
  return `holdfast ${name} of ${tenantId}`;
}

function parseRecord(text: string, tenantId: TenantId): Record {
  try {
    const record = recordSchema.parse(JSON.parse(text));
    if (record.tenantId === tenantId) return record;
  } catch {
    // Falls through: whatever is wrong with it, it is not ours.
  }
  throw new ExpectedError("conflict", `the keystore record of ${tenantId} is damaged`, {
    hint: "put back the keystore from its replica",
  });
}
