/** An exact amount as people write it: `€1,234.50`. The text's own digits are kept. */
export function moneyText(amount: string, currency: string, language = "en"): string {
  const fraction = amount.split(".")[1]?.length ?? 0;
  const format = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  });
  // A decimal text is formatted exactly; only the type of the library does not know it yet.
  return format.format(amount as unknown as number);
}
