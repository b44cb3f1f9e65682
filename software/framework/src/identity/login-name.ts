const maxLogin = 254;

/**
 * A login as it is stored and looked up: compatibility forms and case folded, so that no two look the same
 * and count apart.
 *
 * @returns undefined for what no login can be: empty, over 254 characters, control or unpaired characters.
 * Source: RFC 8265, UsernameCaseMapped (NFKC instead of width mapping, which covers more look-alikes).
 */
export function normalizeLogin(text: string): string | undefined {
  if (text.length > maxLogin * 2 || !text.isWellFormed()) return undefined;
  const folded = text.trim().normalize("NFKC").toLowerCase().normalize("NFKC");
  const fits = folded.length > 0 && folded.length <= maxLogin;
  return fits && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(folded) ? folded : undefined;
}
