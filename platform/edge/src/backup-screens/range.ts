/** Bytes from one to before another; null: to the end. */
export interface ByteRange {
  readonly fromByte: number;
  readonly toByte: number | null;
}

/**
 * The one range that a request wants. Several ranges, ranges from the end, and a condition on another version are
 * answered with the whole, as RFC 9110 (14.2, 13.1.5) allows.
 */
export function rangeOf(
  range: string | undefined,
  ifRange: string | undefined,
  tag: string,
): ByteRange | null {
  if (ifRange !== undefined && ifRange !== tag) return null;
  const [, from = "", to = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? "") ?? [];
  if (from === "") return null;
  const fromByte = Number(from);
  const toByte = to === "" ? null : Number(to) + 1;
  return toByte !== null && toByte <= fromByte ? null : { fromByte, toByte };
}
