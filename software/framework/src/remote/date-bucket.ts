/** A stretch of days as people call it, with its first day: `["2026-11-01", "November 2026"]`. */
export function bucketLabel(firstDay: string, step: string, language: string): readonly [string, string] {
  return [firstDay, labelOf(Temporal.PlainDate.from(firstDay), step, known(language))];
}

function labelOf(day: Temporal.PlainDate, step: string, language: string): string {
  switch (step) {
    case "day":
      return day.toLocaleString(language, { day: "2-digit", month: "short", year: "numeric" });
    case "week":
      return `W${day.weekOfYear} ${day.yearOfWeek}`;
    case "quarter":
      return `Q${Math.ceil(day.month / 3)} ${day.year}`;
    case "year":
      return String(day.year);
    default:
      return day.toLocaleString(language, { month: "long", year: "numeric" });
  }
}

/** A language that this machine writes; English where it does not, or where the tag is none. */
function known(language: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language)[0] ?? "en";
  } catch {
    return "en";
  }
}
