import type { FieldDescription } from "../wire/shapes.ts";
import { isReference, type Value } from "../wire/values.ts";
import { isDecimal } from "./decimal.ts";

/** How a person reads numbers and dates; an argument everywhere, never ambient. */
export interface Locale {
  /** IETF tag. */
  readonly language: string;
  /** IANA zone that moments are shown in. */
  readonly timeZone: string;
}

/**
 * One line of text for a value; empty when not set.
 *
 * @param currency - ISO code for money; without one the bare amount is shown.
 */
export function formatValue(
  field: FieldDescription,
  value: Value,
  locale: Locale,
  currency?: string | null,
): string {
  if (value === null || value === "") return "";
  if (isReference(value)) return value.name || `#${value.id}`;
  if (Array.isArray(value)) return value.length === 0 ? "" : formatCount(value.length, locale);
  switch (field.type) {
    case "boolean":
      return value === true ? "Yes" : "No";
    case "selection":
      return field.selection?.find(([key]) => key === value)?.[1] ?? String(value);
    case "integer":
      return new Intl.NumberFormat(locale.language).format(Number(value));
    case "float":
      return formatDecimal(String(value), locale, { least: 0, most: field.digits?.[1] ?? 2 });
    case "monetary":
      return formatMoney(String(value), locale, currency);
    case "date":
      return formatDay(String(value), locale);
    case "datetime":
      return formatMoment(String(value), locale);
    case "html":
      return plainText(String(value));
    default:
      return String(value);
  }
}

/** Exact number in the person's way of writing; text that is no number is given back. */
export function formatDecimal(text: string, locale: Locale, places: { least: number; most: number }): string {
  if (!isDecimal(text)) return text;
  const format = new Intl.NumberFormat(locale.language, {
    minimumFractionDigits: places.least,
    maximumFractionDigits: places.most,
  });
  return format.format(text as Intl.StringNumericLiteral);
}

/** Amount with its currency's sign and places; two places at least when the currency is not known. */
export function formatMoney(text: string, locale: Locale, currency?: string | null): string {
  if (!isDecimal(text)) return text;
  const own = text.split(".")[1]?.length ?? 0;
  if (!currency || !/^[A-Z]{3}$/.test(currency))
    return formatDecimal(text, locale, { least: 2, most: Math.max(2, own) });
  const usual = new Intl.NumberFormat(locale.language, { style: "currency", currency });
  const places = usual.resolvedOptions().maximumFractionDigits ?? 2;
  // No digit of an amount is hidden: of some currencies browsers know fewer than ISO 4217.
  const format =
    own <= places
      ? usual
      : new Intl.NumberFormat(locale.language, { style: "currency", currency, maximumFractionDigits: own });
  return format.format(text as Intl.StringNumericLiteral);
}

/** `Nov 22, 2026`: a day has no zone, so none is applied. */
export function formatDay(day: string, locale: Locale): string {
  const time = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(time)) return day;
  return new Intl.DateTimeFormat(locale.language, { dateStyle: "medium", timeZone: "UTC" }).format(time);
}

/** Day and minute of a moment in the person's zone. */
export function formatMoment(moment: string, locale: Locale): string {
  const time = Date.parse(moment);
  if (Number.isNaN(time)) return moment;
  const style = { dateStyle: "medium", timeStyle: "short", timeZone: locale.timeZone } as const;
  return new Intl.DateTimeFormat(locale.language, style).format(time);
}

/** "2 min ago", "yesterday"; a date once it is more than six days back. */
export function formatAge(moment: string, nowMs: number, locale: Locale): string {
  const seconds = Math.round((Date.parse(moment) - nowMs) / 1000);
  const relative = new Intl.RelativeTimeFormat(locale.language, { numeric: "auto", style: "short" });
  if (seconds > -45) return "just now";
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), "minute");
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), "hour");
  if (seconds > -6 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
  return formatDay(moment.slice(0, 10), locale);
}

/** `1,000`; with `atLeast`, `10,000+`: counting stopped there. */
export function formatCount(count: number, locale: Locale, atLeast = false): string {
  return new Intl.NumberFormat(locale.language).format(count) + (atLeast ? "+" : "");
}

/** The decimal sign of a language. */
export function decimalPoint(locale: Locale): "." | "," {
  return new Intl.NumberFormat(locale.language).format(1.5).includes(",") ? "," : ".";
}

/** The words of sanitized rich text, for a single line. Never used to make HTML safe. */
export function plainText(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
