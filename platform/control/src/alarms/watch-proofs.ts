import { type Condition, spanOf, type Watcher } from "./condition.ts";
import { type LiveDatabase, liveDatabases } from "./live-databases.ts";

const dayMs = 86_400_000;

/** How old the last proof (a restore that was compared with its manifest) may be. Paid: a day; else a week. */
export function proofPeriodMs(isPaid: boolean): number {
  return isPaid ? dayMs : 7 * dayMs;
}

/** The share of the period after which somebody is warned. */
const warnedAfter = 7 / 8;

/** A database whose backups nobody has restored and compared for its period. Claims BAK-1, BAK-5. */
export const watchProofs: Watcher = {
  name: "proofs",
  codes: ["proof.absent"],
  look: async (parts) => {
    const now = parts.clock.now();
    return (await liveDatabases(parts)).flatMap((database) => absence(database, now) ?? []);
  },
};

function absence(database: LiveDatabase, nowMs: number): Condition | undefined {
  const periodMs = proofPeriodMs(database.isPaid);
  const sinceMs = (database.last_proven_at ?? database.create_date).epochMilliseconds;
  const ageMs = nowMs - sinceMs;
  if (ageMs < periodMs * warnedAfter) return undefined;
  return {
    code: "proof.absent",
    subject: database.name,
    severity: ageMs >= periodMs ? "critical" : "warning",
    sentence: `no backup of ${database.name} has been proven by a restore for ${spanOf(ageMs)}; promised is every ${spanOf(periodMs)}`,
    hint: `bin/holdfast backup restore ${database.name} --as ${database.name.slice(0, 33)}-check`,
    sinceMs,
    databaseId: database.id,
    customerId: database.customer_id.id,
  };
}
