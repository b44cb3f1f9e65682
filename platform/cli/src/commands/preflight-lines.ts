import type { preflightSchema } from "@holdfast/protocol/control-methods";
import type { z } from "zod";

const marks = { fine: "ok  ", warning: "note", blocked: "NO  " } as const;

/** What was found before a restore, one line each, worst words plain. */
export function preflightLines(seen: z.output<typeof preflightSchema>): string {
  const { summary } = seen;
  const holds = summary ? `: ${summary.rows} rows in ${summary.tables} tables, ${summary.files} files` : "";
  const lines = [
    `backup of ${seen.name} at ${seen.takenAt}${holds}; ${seen.proven === null ? "never proven" : `proven ${seen.proven}`}`,
    ...seen.findings.map(({ level, sentence }) => `  ${marks[level]} ${sentence}`),
    `  about ${Math.ceil(seen.forecastSeconds / 60)} min; the live database serves meanwhile`,
    "",
  ];
  return lines.join("\n");
}
