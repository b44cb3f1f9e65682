import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const hashBytes = 4;
const maxAffix = 8;
const runs = [
  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
  "0123456789012345678901234567890123456789",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
  "qsdfghjklm",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
  "qazwsxedcrfvtgbyhnujm",
  "1q2w3e4r5t6y7u8i9o0p",
  "q1w2e3r4t5y6u7i8o9p0",
].flatMap((run) => [run, [...run].reverse().join("")]);
const lookAlikes: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "l",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "€": "e",
};
let list: Buffer | undefined;

/**
 * @returns whether a password is among those that are tried first: the commonest leaked ones, also in other
 * case, with letters written as digits, with up to eight digits and signs around them; runs of keys; repetitions.
 *
 * The list (common-passwords.bin, see tools/common-passwords.ts) holds the first 32 bits of SHA-256 of 14,000
 * passwords: 57 kB, and one of 50,000 good passwords is refused by chance.
 */
export function isCommonPassword(password: string): boolean {
  const lower = password.normalize("NFKC").toLowerCase();
  const unit = repeatedUnit(lower);
  if (unit !== lower && (unit.length <= 4 || isCommonWord(unit))) return true;
  return isRun(lower) || isCommonWord(lower);
}

/** Lower case, look-alike digits and signs as letters, nothing but letters and digits. */
export function plainForm(text: string): string {
  return withLetters(text.normalize("NFKC").toLowerCase()).replace(/[^\p{L}\p{N}]/gu, "");
}

/** The list's entry of a password: big-endian, sorted. */
function commonPasswordHash(lower: string): number {
  return createHash("sha256").update(lower).digest().readUInt32BE(0);
}

function isCommonWord(lower: string): boolean {
  const bare = lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
  const forms = [lower, withLetters(lower), lower.replace(/[^\p{L}\p{N}]/gu, "")];
  if (bare.length >= 4 && lower.length - bare.length <= maxAffix) forms.push(bare, withLetters(bare));
  const trimmed = lower.replace(/[\d\p{P}\p{S}]{1,8}$/u, "");
  if (trimmed.length >= 4) forms.push(trimmed, withLetters(trimmed));
  return forms.some(isListed);
}

function withLetters(text: string): string {
  return [...text].map((c) => lookAlikes[c] ?? c).join("");
}

function isListed(form: string): boolean {
  list ??= readFileSync(new URL("./common-passwords.bin", import.meta.url));
  const wanted = commonPasswordHash(form);
  let [low, high] = [0, list.byteLength / hashBytes - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = list.readUInt32BE(middle * hashBytes);
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** The shortest text that gives the whole when repeated (the last time maybe cut): `abcabcab` → `abc`. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

/** Nothing but runs of keys or letters, each of four or more. */
function isRun(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    const length = longestRunAt(text, at);
    if (length < 4) return false;
    at += length;
  }
  return true;
}

function longestRunAt(text: string, at: number): number {
  let length = 0;
  while (at + length < text.length && runs.some((run) => run.includes(text.slice(at, at + length + 1))))
    length += 1;
  return length;
}
