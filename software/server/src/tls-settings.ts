/**
 * TLS as served: 1.2 and 1.3, authenticated ciphers with 256-bit keys only, ephemeral keys always, hybrid
 * post-quantum exchange first. Source: claims ENC-1, ENC-3.
 */
export const tlsSettings = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: [
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
  honorCipherOrder: true,
  ecdhCurve: "X25519MLKEM768:X25519:P-256:P-384",
  ALPNProtocols: ["http/1.1"],
  handshakeTimeout: 10_000,
} as const;
