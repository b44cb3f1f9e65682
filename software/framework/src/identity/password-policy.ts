import { ExpectedError } from "@holdfast/kernel/errors";
import { isCommonPassword, plainForm } from "./common-passwords.ts";
import { maxPasswordCharacters, normalizePassword, passwordLength } from "./password-text.ts";

/** Words that make a bad password here: the person's own names, the company's, the site's. */
export interface PasswordContext {
  readonly minimumLength: number;
  readonly words: readonly string[];
}

/**
 * What a password must be: long enough, and none that is tried first. No rules about kinds of characters, no
 * end of life. Source: claim PWD-5, NIST SP 800-63B-4 section 3.1.1.2.
 *
 * @returns the password as it is hashed.
 * @throws ExpectedError `invalid` with what is wrong and what to do; never quotes the password.
 */
export function acceptedPassword(password: string, { minimumLength, words }: PasswordContext): string {
  const least = Math.max(8, minimumLength);
  const normal = normalizePassword(password);
  if (password === "") throw refused("A password is missing.");
  if (normal === undefined)
    throw refused(`The password has over ${maxPasswordCharacters} characters, or some that cannot be typed.`);
  const length = passwordLength(normal);
  if (length < least) throw refused(`The password has ${length} characters: at least ${least} are needed.`);
  if (isCommonPassword(normal)) throw refused("This password is among those that are tried first.");
  if (consistsOf(normal, words))
    throw refused("The password is little more than a name that everyone knows here.");
  return normal;
}

/** @returns whether what is left, after the known words and digits and signs are taken out, is too little to guess. */
function consistsOf(password: string, words: readonly string[]): boolean {
  let rest = plainForm(password);
  const known = words.flatMap((word) => [plainForm(word), ...word.split(/[^\p{L}\p{N}]+/u).map(plainForm)]);
  for (const word of [...new Set(known)].filter((one) => one.length >= 3).sort((a, b) => b.length - a.length))
    rest = rest.replaceAll(word, "");
  return rest !== plainForm(password) && rest.replace(/[^\p{L}]/gu, "").length < 4;
}

function refused(message: string): ExpectedError {
  return new ExpectedError("invalid", message, {
    hint: "Take a sentence, or a few words that do not belong together; a password manager makes good ones.",
  });
}
