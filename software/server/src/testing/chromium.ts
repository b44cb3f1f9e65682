import { createHash, X509Certificate } from "node:crypto";
import { type Browser, chromium } from "playwright-core";

/** A real Chromium that knows no authority, and trusts this certificate's key alone. */
export function chromiumTrusting(certificatePem: string): Promise<Browser> {
  const key = new X509Certificate(certificatePem).publicKey.export({ type: "spki", format: "der" });
  const pinned = createHash("sha256").update(key).digest("base64");
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-gpu", "--no-first-run", `--ignore-certificate-errors-spki-list=${pinned}`],
  });
}
