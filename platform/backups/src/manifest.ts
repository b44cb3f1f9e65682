import { createHmac, timingSafeEqual } from "node:crypto";
import { deriveKey } from "@holdfast/kernel/sealed-stream";
import { type Manifest, manifestSchema, parseDocument, refusal } from "./archive.ts";
import { type DataKeys, everyKey } from "./data-keys.ts";

/** A manifest as it lies in the archive: exactly these bytes are signed. Kept by whoever will compare later. */
export interface SignedManifest {
  readonly text: string;
  /** HMAC-SHA-256 in hex under a key derived from the customer's data key. */
  readonly signature: string;
}

const signPurpose = "backup-manifest.v1";

/** Signs with a key of its own purpose, derived from the customer's data key. */
export function signManifest(manifest: Manifest, dataKey: Uint8Array): SignedManifest {
  const text = JSON.stringify(manifest);
  return { text, signature: signatureOf(text, dataKey) };
}

/**
 * @param keys - of the customer whose backup it is.
 * @throws ExpectedError when the signature or the shape is wrong: it was forged, changed, or is another customer's.
 */
export function openManifest(signed: SignedManifest, keys: DataKeys): Manifest {
  const stated = Buffer.from(signed.signature);
  const isSigned = everyKey(keys).some(({ key }) => {
    const computed = Buffer.from(signatureOf(signed.text, key));
    return stated.byteLength === computed.byteLength && timingSafeEqual(stated, computed);
  });
  if (!isSigned) throw refusal("its manifest is not signed by this customer's key");
  return parseDocument<Manifest>(manifestSchema, signed.text, "manifest.json");
}

function signatureOf(text: string, dataKey: Uint8Array): string {
  return createHmac("sha256", deriveKey(dataKey, signPurpose)).update(text).digest("hex");
}
