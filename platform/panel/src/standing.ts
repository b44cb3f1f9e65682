import type { Row } from "@holdfast/framework/model/model";
import type { Evidence } from "./evidence.ts";

/** What of a claim's evidence decides how it stands. */
export type JudgedEvidence = Pick<
  Row<typeof Evidence>,
  "state" | "simulated" | "saboteur" | "measured_at" | "max_age_minutes"
>;

/** How a claim stands in public. Green only when its probe passed lately AND its saboteur was caught. */
export type Standing =
  | "holds"
  | "holds, simulated"
  | "does not hold"
  | "not proven"
  | "stale"
  | "does not apply";

/**
 * A check that cannot fail is not a check: a passing probe whose saboteur was not caught is "not proven".
 *
 * @param nowMs - milliseconds since the epoch.
 */
export function standingOf(row: JudgedEvidence, nowMs: number): Standing {
  if (row.state === "fail") return "does not hold";
  if (row.state === "unknown" || row.measured_at === null) return "not proven";
  if (nowMs - row.measured_at.epochMilliseconds > row.max_age_minutes * 60_000) return "stale";
  if (row.state === "not_applicable") return "does not apply";
  if (row.saboteur !== "caught") return "not proven";
  return row.simulated ? "holds, simulated" : "holds";
}
