import type { Random } from "@holdfast/kernel/random";

/** A fresh value for one answer's policy. */
export function newNonce(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("base64");
}

/**
 * What every answer carries. Nothing inline, nothing from elsewhere, no frames, no plugins; script sinks take
 * no strings. Source: claims OWASP-2, PWD-3, ENC-3.
 */
export function securityHeaders(nonce: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": pagePolicy(nonce),
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    // Not "no-referrer": of such a page browsers withhold the Origin of a form, and old ones give no other sign.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy":
      "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), " +
      "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
    "cache-control": "no-store",
  };
}

/** For pages whose address is a secret: it goes nowhere, not even to our own pages. */
export const secretAddressHeaders = { "referrer-policy": "no-referrer", "x-robots-tag": "noindex" } as const;

/** For every answer of a neutralized copy: no search engine keeps what it shows. Claim BAK-5. */
export const copyHeaders = { "x-robots-tag": "noindex, nofollow, noarchive" } as const;

/** For files that people uploaded: a document that can run, load and submit nothing, in an origin of its own. */
export const uploadPolicy =
  "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

function pagePolicy(nonce: string): string {
  return `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; ${sameForAll}`;
}

const sameForAll = [
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
