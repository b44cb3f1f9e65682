/** Longest password, in characters. NIST SP 800-63B-4 asks for at least 64. */
export const maxPasswordCharacters = 256;

/**
 * A password as it is hashed: NFC, so that the same keys pressed on two systems give the same bytes. Nothing
 * is trimmed or folded.
 *
 * @returns undefined for what cannot be a password: empty, too long, with NUL or unpaired characters.
 * Source: RFC 8265, OpaqueString.
 */
export function normalizePassword(text: string): string | undefined {
  if (text.length === 0 || text.length > maxPasswordCharacters * 4) return undefined;
  if (!text.isWellFormed() || text.includes("\u0000")) return undefined;
  const normal = text.normalize("NFC");
  return passwordLength(normal) <= maxPasswordCharacters ? normal : undefined;
}

/** Characters as a person counts them: code points, not code units. */
export function passwordLength(password: string): number {
  return [...password].length;
}
