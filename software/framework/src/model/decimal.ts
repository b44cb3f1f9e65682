/**
 * How a number that lies between two is settled. `half-up`: the middle goes away from zero (invoices and
 * tax offices count so). `half-even`: the middle goes to the even neighbour (long sums keep no drift).
 */
export type Rounding = "half-up" | "half-even";

/** Most digits after the point that a calculation may reach; far above what money needs. */
export const maxDecimalScale = 40;
/** Most characters of a number given as text. */
export const maxDecimalCharacters = 80;

const pattern = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * An exact decimal number: whole units of 10^-scale. Immutable. Sums and products are exact; only
 * {@link Decimal.round} and {@link Decimal.dividedBy} lose digits, and they say how.
 */
export class Decimal {
  readonly #units: bigint;
  readonly #scale: number;

  private constructor(units: bigint, scale: number) {
    if (scale > maxDecimalScale) throw new RangeError(`more than ${maxDecimalScale} digits after the point`);
    this.#units = units;
    this.#scale = scale;
  }

  static readonly zero = new Decimal(0n, 0);

  /** @param text - `"12.50"`, `"-3"`; no exponent, no grouping. @throws RangeError on anything else. */
  static of(text: string): Decimal {
    const parts = text.length <= maxDecimalCharacters ? pattern.exec(text) : null;
    if (parts === null) throw new RangeError(`not a decimal number: ${JSON.stringify(text.slice(0, 40))}`);
    const fraction = parts[3] ?? "";
    const units = BigInt(`${parts[2]}${fraction}`);
    return new Decimal(parts[1] === "-" ? -units : units, fraction.length);
  }

  /** @returns the number, or undefined when the text is none. */
  static parse(text: string): Decimal | undefined {
    const fraction = text.length <= maxDecimalCharacters ? pattern.exec(text) : null;
    return fraction !== null && (fraction[3]?.length ?? 0) <= maxDecimalScale ? Decimal.of(text) : undefined;
  }

  static sum(numbers: Iterable<Decimal>): Decimal {
    let total = Decimal.zero;
    for (const number of numbers) total = total.plus(number);
    return total;
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.#scale, other.#scale);
    return new Decimal(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negated());
  }

  negated(): Decimal {
    return new Decimal(-this.#units, this.#scale);
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.#units * other.#units, this.#scale + other.#scale);
  }

  /** @param scale - digits after the point of the result. @throws RangeError when `other` is zero. */
  dividedBy(other: Decimal, scale: number, rounding: Rounding): Decimal {
    if (other.#units === 0n) throw new RangeError("division by zero");
    const numerator = this.#units * power(scale + other.#scale);
    return new Decimal(quotient(numerator, other.#units * power(this.#scale), rounding), scale);
  }

  /** @returns the number with exactly `scale` digits after the point; zeros are added when it has fewer. */
  round(scale: number, rounding: Rounding): Decimal {
    if (scale >= this.#scale) return new Decimal(this.#at(scale), scale);
    return new Decimal(quotient(this.#units, power(this.#scale - scale), rounding), scale);
  }

  /** @returns negative, zero or positive, as for sorting; 1.0 and 1.00 are equal. */
  compare(other: Decimal): number {
    const scale = Math.max(this.#scale, other.#scale);
    const difference = this.#at(scale) - other.#at(scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  /** `"-0.50"`: all digits of the scale, never an exponent, never `"-0"`. */
  toString(): string {
    const digits = (this.#units < 0n ? -this.#units : this.#units).toString().padStart(this.#scale + 1, "0");
    const whole = digits.slice(0, digits.length - this.#scale);
    const sign = this.#units < 0n ? "-" : "";
    return this.#scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-this.#scale)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  #at(scale: number): bigint {
    return this.#units * power(scale - this.#scale);
  }
}

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Rounds on magnitudes, so that -0.5 and 0.5 are treated alike. */
function quotient(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const whole = top / bottom;
  const twice = 2n * (top % bottom);
  const up = twice > bottom || (twice === bottom && (rounding === "half-up" || whole % 2n === 1n));
  const rounded = up ? whole + 1n : whole;
  return negative ? -rounded : rounded;
}
