import { formatMoney, formatValue, type Locale } from "../format/value.ts";
import type { FieldDescription, FieldDescriptions } from "../wire/shapes.ts";
import type { Column } from "./list-state.ts";

/** Fields that the columns want summed, as `read_group` is asked for them: amounts for each currency by itself. */
export function sumsToAsk(columns: readonly Column[], fields: FieldDescriptions): string[] {
  return columns
    .filter((column) => column.sum)
    .map(({ field }) => (hasCurrency(field, fields) ? `${field.name}:by_currency` : field.name));
}

function hasCurrency({ type, currency_field }: FieldDescription, fields: FieldDescriptions): boolean {
  return type === "monetary" && currency_field !== undefined && fields[currency_field] !== undefined;
}

interface CurrencySum {
  readonly currency: readonly [number, string] | false;
  readonly sum: number;
}

/** A sum as people read it; of several currencies `€1,200.00 · ¥300`, by the currencies' codes. */
export function sumText(field: FieldDescription, sum: unknown, locale: Locale): string {
  if (Array.isArray(sum)) {
    const codeOf = ({ currency }: CurrencySum) => (currency === false ? "" : currency[1]);
    const parts = (sum as CurrencySum[]).toSorted((left, right) => (codeOf(left) < codeOf(right) ? -1 : 1));
    return parts.map((part) => formatMoney(String(part.sum), locale, codeOf(part))).join(" · ");
  }
  const text = sum === false || sum === null || sum === undefined ? "0" : String(sum);
  return field.type === "monetary" ? formatMoney(text, locale) : formatValue(field, text, locale);
}
