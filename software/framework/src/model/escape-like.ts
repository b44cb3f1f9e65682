/** Words as they are, for a domain's `=like` and `=ilike`: no sign in them stands for others. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}
