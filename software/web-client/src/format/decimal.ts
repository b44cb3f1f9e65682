/** Exact decimal arithmetic on text such as "12.50": money never passes through a floating point number. */

interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

const plainDecimal = /^-?\d+(\.\d+)?$/;

/** Tells text that this file can calculate with: `-12`, `0.50`; no exponent, no grouping. */
export function isDecimal(text: string): boolean {
  return plainDecimal.test(text);
}

/** Sum with as many places as the most exact item; "0" for none. Items that are no decimals are skipped. */
export function addDecimals(items: readonly (string | null | undefined)[]): string {
  let sum: Scaled = { units: 0n, scale: 0 };
  for (const item of items) {
    if (!item || !isDecimal(item)) continue;
    const next = scaled(item);
    const scale = Math.max(sum.scale, next.scale);
    sum = { units: widen(sum, scale) + widen(next, scale), scale };
  }
  return unscaled(sum);
}

/** Exact product. Both must be decimals. */
export function multiplyDecimals(left: string, right: string): string {
  const a = scaled(left);
  const b = scaled(right);
  return unscaled({ units: a.units * b.units, scale: a.scale + b.scale });
}

/** Rounded half away from zero to exactly `places` places, as invoices do. */
export function roundDecimal(text: string, places: number): string {
  const value = scaled(text);
  if (value.scale <= places) return unscaled({ units: widen(value, places), scale: places });
  const step = 10n ** BigInt(value.scale - places);
  const sign = value.units < 0n ? -1n : 1n;
  const size = value.units * sign;
  return unscaled({ units: (sign * (size + step / 2n)) / step, scale: places });
}

/** -1, 0 or 1. */
export function compareDecimals(left: string, right: string): number {
  const a = scaled(left);
  const b = scaled(right);
  const scale = Math.max(a.scale, b.scale);
  const difference = widen(a, scale) - widen(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * What a person typed, in canonical form: grouping, spaces and either decimal sign are understood.
 *
 * @param point - the decimal sign of the person's language; it settles `1.234` and `1,234`.
 * @returns null when it is not a number.
 */
export function parseDecimal(typed: string, point: "." | ","): string | null {
  const compact = typed.replace(/[\s  '’]/g, "");
  const grouping = point === "." ? "," : ".";
  const points = compact.split(point).length - 1;
  const groups = compact.split(grouping).length - 1;
  const onlyOtherSign = points === 0 && groups === 1 && !isGrouped(compact, grouping);
  const plain = onlyOtherSign
    ? compact.replace(grouping, ".")
    : compact.replaceAll(grouping, "").replace(point, ".");
  const padded = plain.replace(/^(-?)\./, "$10.").replace(/\.$/, "");
  return isDecimal(padded) ? padded : null;
}

function isGrouped(compact: string, grouping: string): boolean {
  return compact.length - compact.indexOf(grouping) === 4;
}

function scaled(text: string): Scaled {
  const [whole = "0", fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

function widen(value: Scaled, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

function unscaled({ units, scale }: Scaled): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
