import { backupsToKeep, type Day, standardRetention } from "@holdfast/backups/retention";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { listVaults } from "@holdfast/protocol/agent-methods";
import { listBackups } from "@holdfast/protocol/backup-methods";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { backUpCanary, hoursSince, originals } from "../stored-backups.ts";

const dayHours = 24;
const dayMs = dayHours * 3_600_000;
/** How old the last proof may be, in days. */
const proofDays = { paid: 1, other: 7 } as const;
const fewestVaults = 3;

/** BAK-1: how many backups there are, and how far back they reach. */
export const fullBackups: Claim = {
  id: "BAK-1",
  promise:
    "Of each database there are 14 full backups: one a day for 7 days, one a week for 4 weeks, one a month for 3 months, as far as it is old enough; and one was lately proven by a restore.",
  method:
    "The vaults are asked what lies in them now. Only a backup that was read back whole, and whose object still lies in at least three vaults, fills a slot. How many slots a database's age entitles it to follows from the same plan that retention keeps to. A backup counts as proven when it was restored and compared: at least weekly, daily for paid databases.",
  maxAgeMinutes: 720,
  probe,
};

interface Tally {
  readonly verdict: Verdict;
  slots: number;
  filled: number;
  proven: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  await backUpCanary(context);
  const { vaults } = await context.agent(listVaults, {});
  const tally: Tally = { verdict: new Verdict(), slots: 0, filled: 0, proven: 0 };
  const databases = originals(context.databases);
  for (const database of databases) {
    await countSlots(context, tally, database);
    await seeProof(context, tally, database);
  }
  if (vaults.some((vault) => vault.simulated)) tally.verdict.simulated();
  const { filled, slots, proven } = tally;
  return tally.verdict.finding(
    `${counted(databases.length, "database")} may have ${counted(slots, "backup")} by age: ${filled} are filled with stored ones; ${counted(proven, "database")} had a backup proven in time`,
  );
}

async function countSlots(context: ProbeContext, tally: Tally, database: DatabaseInScope): Promise<void> {
  const entitled = slotsOf(
    Math.floor(hoursSince(context.clock.now(), database.createdAt) / dayHours),
    context,
  );
  const stored = await storedDays(context, database);
  const filled = Math.min(entitled, backupsToKeep(stored, standardRetention).length);
  tally.slots += entitled;
  tally.filled += filled;
  tally.verdict.expect(
    filled === entitled,
    "a slot of a database is not filled with a stored backup",
    `${database.name}: ${filled} of ${entitled}`,
  );
}

/** What the plan keeps of a database that was backed up on each of its days. */
function slotsOf(days: number, { clock }: Pick<ProbeContext, "clock">): number {
  const all = Array.from({ length: Math.min(days, 400) }, (_, back) => dayOf(clock.now() - back * dayMs));
  return backupsToKeep(all, standardRetention).length;
}

/** Days of which a backup was read back whole and lies in enough vaults right now. */
async function storedDays(context: ProbeContext, { tenantId }: DatabaseInScope): Promise<Day[]> {
  const rows = await context.control
    .reading(probeActor("BAK-1"))
    .of(Backup)
    .searchRead(
      [
        ["tenant_id", "=", tenantId],
        ["state", "=", "stored"],
      ],
      ["key", "taken_at"],
      { limit: 10_000 },
    );
  const { objects } = await context.agent(listBackups, { tenantId });
  const lying = (key: string): number =>
    new Set(objects.filter(({ backupId }) => backupId === key).map(({ vault }) => vault)).size;
  const whole = rows.filter(({ key }) => lying(key) >= fewestVaults);
  return [...new Set(whole.map(({ taken_at }) => dayOf(taken_at.epochMilliseconds)))];
}

async function seeProof(context: ProbeContext, tally: Tally, database: DatabaseInScope): Promise<void> {
  const env = context.control.reading(probeActor("BAK-1"));
  const [row] = await env
    .of(Database)
    .searchRead([["tenant_id", "=", database.tenantId]], ["last_proven_at", "customer_id"], { limit: 1 });
  if (row === undefined) return;
  const [customer] = await env.of(Customer).read([row.customer_id.id], ["plan"]);
  const days = customer?.plan === "paid" ? proofDays.paid : proofDays.other;
  const hours = hoursSince(context.clock.now(), row.last_proven_at ?? database.createdAt);
  const inTime = hours < days * dayHours;
  if (inTime && row.last_proven_at !== null) tally.proven += 1;
  tally.verdict.expect(
    inTime,
    "no backup of a database was proven by a restore in its time",
    `${database.name}: ${hours.toFixed(1)} hours, ${days * dayHours} allowed`,
  );
}

const dayOf = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);
