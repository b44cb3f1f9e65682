import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "@holdfast/kernel/assert";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { removeDurably, writeDurably } from "../durable-file.ts";
import { authorityExtensions, certificate, type LeafNames, leafExtensions } from "./certificate.ts";

const dayMs = 86_400_000;
const authorityDays = 3_650;
const leafDays = 80;
/** Clocks of clients may run behind by this much. */
const backdateMs = 3_600_000;

export interface Issued {
  /** The leaf, then the authority: the chain as a server sends it. */
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly notAfter: string;
}

/**
 * The certificate authority of one machine, for hosts under `localhost` only: browsers and clients
 * trust it after `bin/up --trust` or by its file. Public hosts get theirs over ACME, never from here.
 */
export class Authority {
  readonly #issuedFolder: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #certificate: X509Certificate;
  readonly #key: KeyObject;

  constructor(folder: DataFolder, clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#issuedFolder = join(folder.ca, "issued");
    mkdirSync(folder.ca, { recursive: true, mode: 0o755 });
    mkdirSync(this.#issuedFolder, { recursive: true, mode: 0o700 });
    const keyFile = join(folder.ca, "ca.key");
    if (!existsSync(folder.caFile)) makeAuthority(keyFile, folder.caFile, clock, random);
    this.#certificate = new X509Certificate(readFileSync(folder.caFile));
    this.#key = createPrivateKey(readFileSync(keyFile));
    assert(this.#certificate.checkPrivateKey(this.#key), "ca.key belongs to ca.crt");
  }

  /**
   * A leaf for these names: the one on disk while more than a third of its life is left, else a new one.
   *
   * @throws ExpectedError `invalid` for a name that the authority may not speak for.
   * ECDSA P-256, at most 90 days. Source: claims ENC-3, ENC-4.
   */
  issue(names: LeafNames): Issued {
    for (const host of names.hosts) refuseForeign(host);
    const path = this.#path(names);
    return this.#kept(path, names) ?? this.#issueNew(path, names);
  }

  /** Forgets a leaf and its key. @returns whether there was one. It stays valid where it was taken to. */
  forget(names: LeafNames): boolean {
    return removeDurably(this.#path(names));
  }

  #path(names: LeafNames): string {
    return join(this.#issuedFolder, `${fileName(names)}.pem`);
  }

  #kept(path: string, names: LeafNames): Issued | undefined {
    if (!existsSync(path)) return undefined;
    const keyPem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(
      readFileSync(path, "utf8"),
    )?.[0];
    const leaf = new X509Certificate(readFileSync(path));
    const notAfterMs = Date.parse(leaf.validTo);
    const lifeMs = notAfterMs - Date.parse(leaf.validFrom);
    const fresh = notAfterMs - this.#clock.now() > lifeMs / 3;
    const ours =
      leaf.verify(this.#certificate.publicKey) && names.hosts.every((host) => leaf.checkHost(host));
    if (!keyPem || !fresh || !ours) return undefined;
    return this.#answer(leaf.toString(), keyPem, notAfterMs);
  }

  #issueNew(path: string, names: LeafNames): Issued {
    const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const notAfterMs = this.#clock.now() + leafDays * dayMs;
    const leaf = certificate({
      serial: serial(this.#random),
      issuer: commonName(this.#certificate),
      subject: names.hosts[0] ?? "localhost",
      notBeforeMs: this.#clock.now() - backdateMs,
      notAfterMs,
      publicKey: keys.publicKey,
      issuerPublicKey: this.#certificate.publicKey,
      issuerPrivateKey: this.#key,
      extensions: leafExtensions(names, keys.publicKey),
    });
    const keyPem = privatePem(keys.privateKey);
    writeDurably(path, leaf + keyPem, 0o600);
    return this.#answer(leaf, keyPem, notAfterMs);
  }

  #answer(leaf: string, keyPem: string, notAfterMs: number): Issued {
    return {
      certificatePem: leaf + this.#certificate.toString(),
      keyPem,
      notAfter: new Date(notAfterMs).toISOString(),
    };
  }
}

function makeAuthority(keyFile: string, caFile: string, clock: Clock, random: Random): void {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serialBytes = serial(random);
  const title = `Holdfast local authority ${Buffer.from(serialBytes.subarray(0, 4)).toString("hex")}`;
  const pem = certificate({
    serial: serialBytes,
    issuer: title,
    subject: title,
    notBeforeMs: clock.now() - backdateMs,
    notAfterMs: clock.now() + authorityDays * dayMs,
    publicKey: keys.publicKey,
    issuerPublicKey: keys.publicKey,
    issuerPrivateKey: keys.privateKey,
    extensions: authorityExtensions(keys.publicKey),
  });
  // The key first: a crash between the two leaves no certificate, so both are made again.
  writeDurably(keyFile, privatePem(keys.privateKey), 0o600);
  writeDurably(caFile, pem, 0o644);
}

function fileName(names: LeafNames): string {
  const all = [...names.hosts, ...(names.addresses ?? [])].join("+");
  return all.length <= 100 ? all : createHash("sha256").update(all).digest("hex");
}

/** 127 random bits, never zero, never negative. Source: RFC 5280, 4.1.2.2. */
function serial(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function refuseForeign(host: string): void {
  if (host === "localhost" || host.endsWith(".localhost")) return;
  throw new ExpectedError("invalid", `the local authority speaks for *.localhost only, not for "${host}"`, {
    hint: "certificates of public hosts come over ACME",
  });
}

const privatePem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }) as string;
const commonName = (of: X509Certificate): string => of.subject.replace(/^CN=/, "");
