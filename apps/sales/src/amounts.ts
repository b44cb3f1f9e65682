import { Decimal } from "@holdfast/framework/model/decimal";

/** What one line of a quotation says; numbers as the data layer gives them, exact text. */
export interface LineTerms {
  readonly quantity: string;
  readonly unitPrice: string;
  /** Percent, 0 to 100. */
  readonly discount: string;
  /** Percents. */
  readonly taxes: readonly string[];
}

/** The amounts of a line or of a whole order: `total` is always exactly `untaxed` plus `tax`. */
export interface Amounts {
  readonly untaxed: string;
  readonly tax: string;
  readonly total: string;
}

/** Digits of what has no currency yet. */
export const digitsWithoutCurrency = 2;

const hundred = Decimal.of("100");

/**
 * The amounts of one line.
 *
 * Rounding, and nowhere else: the line's net once, then each of its taxes on that rounded net once; always
 * to the currency's digits, the middle away from zero (EN 16931 sums rounded lines, and so do tax offices).
 *
 * @param digits - the currency's digits after the point.
 */
export function lineAmounts(terms: LineTerms, digits: number): Amounts {
  const kept = hundred.minus(Decimal.of(terms.discount));
  const gross = Decimal.of(terms.quantity).times(Decimal.of(terms.unitPrice));
  const untaxed = gross.times(kept).dividedBy(hundred, digits, "half-up");
  const tax = Decimal.sum(
    terms.taxes.map((percent) => untaxed.times(Decimal.of(percent)).dividedBy(hundred, digits, "half-up")),
  ).round(digits, "half-up");
  return amountsOf(untaxed, tax);
}

/** Sums of rounded lines: what a person gets who adds up the printed page. */
export function orderAmounts(lines: readonly Amounts[], digits: number): Amounts {
  const untaxed = Decimal.sum(lines.map((line) => Decimal.of(line.untaxed))).round(digits, "half-up");
  const tax = Decimal.sum(lines.map((line) => Decimal.of(line.tax))).round(digits, "half-up");
  return amountsOf(untaxed, tax);
}

function amountsOf(untaxed: Decimal, tax: Decimal): Amounts {
  return { untaxed: untaxed.toString(), tax: tax.toString(), total: untaxed.plus(tax).toString() };
}
