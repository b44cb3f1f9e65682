import { createHash, createPrivateKey, createPublicKey, createSign, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { removeDurably, writeDurably } from "./durable-file.ts";

/** What says that a customer's key is destroyed, as it is given out. */
export interface ShredCertificate {
  /** JSON; exactly these bytes are signed. */
  readonly certificate: string;
  /** Base64 of an ECDSA signature (P-256, SHA-256, DER) that `openssl dgst -verify` takes. */
  readonly signature: string;
  readonly publicKeyPem: string;
}

/** What is destroyed, and of whom. */
export interface Shredding {
  readonly tenantId: TenantId;
  /** The customer's name. */
  readonly subject: string;
  readonly dataKey: Uint8Array | undefined;
  /** How many places held the wrapped key: the keystore and its replicas. */
  readonly places: number;
  /** Of a former data key alone: its number. Absent: all data keys of the customer. */
  readonly generation?: number;
  /** Former data keys that go along. */
  readonly formerKeys?: readonly Uint8Array[];
}

/**
 * Signed statements that a key was destroyed. The key's identity is written down before it goes, so that a crash in
 * between leaves no shredding without its certificate. Verified with: docs/keys.md.
 */
export class ShredCertificates {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: DataFolder, clock: Clock) {
    this.#folder = folder.shredded;
    this.#clock = clock;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Notes what is about to be destroyed; nothing when there is no key, or it was noted before. */
  begin({ tenantId, subject, dataKey, places, generation, formerKeys = [] }: Shredding): void {
    const pending = this.#path(tenantId, "pending", generation);
    if (dataKey === undefined || existsSync(pending)) return;
    const formerKeyIds = formerKeys.length > 0 ? { formerKeyIds: formerKeys.map(idOf) } : {};
    const noted = { subject, keyId: idOf(dataKey), ...formerKeyIds, places };
    writeDurably(pending, JSON.stringify(noted), 0o600);
  }

  /** To be called when no place holds the key any more. Safe to run twice. */
  finish(tenantId: TenantId, generation?: number): void {
    const pending = this.#path(tenantId, "pending", generation);
    if (!existsSync(pending)) return;
    const { subject, places, ...ids } = JSON.parse(readFileSync(pending, "utf8")) as Record<string, unknown>;
    const certificate = `${JSON.stringify(
      {
        format: 1,
        statement: statementOf(generation),
        tenantId,
        subject,
        ...(generation === undefined ? {} : { generation }),
        ...ids,
        places,
        shreddedAt: new Date(this.#clock.now()).toISOString(),
      },
      null,
      1,
    )}\n`;
    const signature = createSign("sha256").update(certificate).sign(this.#key(), "base64");
    const path = this.#path(tenantId, "json", generation);
    writeDurably(path, JSON.stringify({ certificate, signature }), 0o600);
    removeDurably(pending);
  }

  /** @throws ExpectedError `not_found` when no key of this tenant, or not that one, was shredded here. */
  of(tenantId: TenantId, generation?: number): ShredCertificate {
    const path = this.#path(tenantId, "json", generation);
    if (!existsSync(path))
      throw new ExpectedError("not_found", `no key of ${tenantId} was destroyed here`, {
        hint: "bin/holdfast key certificates lists them",
      });
    const { certificate, signature } = JSON.parse(readFileSync(path, "utf8")) as Omit<
      ShredCertificate,
      "publicKeyPem"
    >;
    const publicKeyPem = createPublicKey(this.#key()).export({ type: "spki", format: "pem" }).toString();
    return { certificate, signature, publicKeyPem };
  }

  /** Whether this tenant's key is destroyed, or was about to be. */
  has(tenantId: TenantId): boolean {
    return (["pending", "json"] as const).some((kind) => existsSync(this.#path(tenantId, kind)));
  }

  list(): TenantId[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => parseId<"tenant">(name.replace(/\.json$/, "")) ?? []);
  }

  /** Former data keys that were destroyed while their customers stayed. */
  formerKeys(): { readonly tenantId: TenantId; readonly generation: number }[] {
    return readdirSync(this.#folder).flatMap((name) => {
      const [, id = "", generation] = /^([0-9a-f-]{36})\.key-(\d+)\.json$/.exec(name) ?? [];
      const tenantId = parseId<"tenant">(id);
      return tenantId === undefined ? [] : [{ tenantId, generation: Number(generation) }];
    });
  }

  /** Signs nothing else; made with the first certificate. */
  #key() {
    const path = join(this.#folder, "attest.key");
    if (!existsSync(path)) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
      writeDurably(path, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
    }
    return createPrivateKey(readFileSync(path));
  }

  #path(tenantId: TenantId, kind: "pending" | "json", generation?: number): string {
    return join(this.#folder, `${tenantId}${generation === undefined ? "" : `.key-${generation}`}.${kind}`);
  }
}

/** Tells two keys apart and nothing of either. */
const idOf = (dataKey: Uint8Array): string =>
  createHash("sha256").update(deriveKey(dataKey, "key-id.v1")).digest("hex");

const statementOf = (generation: number | undefined): string =>
  generation === undefined
    ? "The data key of this customer was destroyed in every place that held it. No backup of it opens any more."
    : `Number ${generation} of this customer's data keys was destroyed in every place that held it. No backup or file that lay under it opens any more; those under later ones do.`;
