/**
 * The first day of a year, month or day, and the first day after it.
 *
 * @param period - `2026`, `2026-11` or `2026-11-22`.
 */
export function nextPeriod(period: string): readonly [string, string] {
  const [year = 1970, month, day] = period.split("-").map(Number);
  if (day !== undefined && month !== undefined)
    return [isoDay(year, month - 1, day), isoDay(year, month - 1, day + 1)];
  if (month !== undefined) return [isoDay(year, month - 1, 1), isoDay(year, month, 1)];
  return [isoDay(year, 0, 1), isoDay(year + 1, 0, 1)];
}

/** `2026`, `November 2026` or `Nov 22, 2026`. */
export function periodLabel(period: string, language: string): string {
  const parts = period.split("-").length;
  if (parts === 1) return period;
  const time = Date.parse(`${nextPeriod(period)[0]}T00:00:00Z`);
  const style =
    parts === 2 ? ({ year: "numeric", month: "long" } as const) : ({ dateStyle: "medium" } as const);
  return new Intl.DateTimeFormat(language, { ...style, timeZone: "UTC" }).format(time);
}

/** A year, month or day that a person typed; null when it is none. */
export function typedPeriod(typed: string): string | null {
  const match = /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$/.exec(typed.trim());
  const year = Number(match?.[1]);
  return match && year >= 1900 && year <= 2200 ? match[0].trim() : null;
}

function isoDay(year: number, monthIndex: number, day: number): string {
  return new Date(Date.UTC(year, monthIndex, day)).toISOString().slice(0, 10);
}
