import { type KeyObject, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

/** Whom a leaf speaks for. */
export interface LeafNames {
  readonly hosts: readonly string[];
  /** IPv4 only, dotted. */
  readonly addresses?: readonly string[];
}

export interface CertificateParts {
  readonly serial: Uint8Array;
  readonly issuer: string;
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  readonly issuerPublicKey: KeyObject;
  readonly issuerPrivateKey: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

/** A signed X.509 v3 certificate, as PEM. Keys are ECDSA P-256 and the chain SHA-256 (claim ENC-4). */
export function certificate(parts: CertificateParts): string {
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(parts.serial),
    ecdsaWithSha256,
    name(parts.issuer),
    sequence(time(parts.notBeforeMs), time(parts.notAfterMs)),
    name(parts.subject),
    spki(parts.publicKey),
    explicit(3, sequence(...parts.extensions, keyIds(parts))),
  );
  return pem(sequence(body, ecdsaWithSha256, bits(sign("sha256", body, parts.issuerPrivateKey))));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))));
}

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** A key's identifier: here the last 20 bytes of its public point, which are as unique as a digest of it. */
const keyId = (key: KeyObject): Buffer => spki(key).subarray(-20);

/** Authority key identifier; it tells two authorities of the same name apart. */
function keyIds(parts: CertificateParts): Buffer {
  return extension("2.5.29.35", false, sequence(implicit(0, keyId(parts.issuerPublicKey))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

/** For server authentication only. */
const serverOnly = extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1")));

/**
 * What the authority may do: sign server certificates for `localhost`, names under it and loopback
 * addresses, through no further authority. A thief of its key can pose as nothing else.
 * Source: RFC 5280, 4.2.1.9 and 4.2.1.10.
 */
export function authorityExtensions(publicKey: KeyObject): Buffer[] {
  const permitted = explicit(
    0,
    sequence(implicit(2, Buffer.from("localhost"))),
    sequence(implicit(7, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]))),
    sequence(implicit(7, Buffer.concat([loopback6, Buffer.alloc(16, 0xff)]))),
  );
  return [
    extension("2.5.29.19", true, sequence(boolean(true), integer(Buffer.from([0])))),
    extension("2.5.29.15", true, bits(Buffer.from([0b0000_0110]), 1)),
    extension("2.5.29.30", true, sequence(permitted)),
    extension("2.5.29.14", false, octets(keyId(publicKey))),
    serverOnly,
  ];
}

const loopback6 = Buffer.concat([Buffer.alloc(15), Buffer.from([1])]);

/** What a leaf says: no authority, signatures only, these names. */
export function leafExtensions(names: LeafNames, publicKey: KeyObject): Buffer[] {
  const addresses = (names.addresses ?? []).filter(isIPv4).map((address) => address.split(".").map(Number));
  const alternatives = [
    ...names.hosts.map((host) => implicit(2, Buffer.from(host))),
    ...addresses.map((address) => implicit(7, Buffer.from(address))),
  ];
  return [
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bits(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.17", false, sequence(...alternatives)),
    extension("2.5.29.14", false, octets(keyId(publicKey))),
    serverOnly,
  ];
}
