import { Alarm } from "@holdfast/panel/alarm";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { isSilent, Round } from "@holdfast/panel/round";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { hoursSince } from "../stored-backups.ts";

const breachHours = 25;
const absentCode = "backup.absent";

/** What is used routinely, so that it stays tested: the longest it may not have been done, in hours. */
const routines = [
  { what: "a backup was taken", kinds: ["backup.take"], maxHours: 24 },
  { what: "a backup was restored and compared", kinds: ["backup.prove", "backup.restore"], maxHours: 24 },
  {
    what: "a database was made by the code that makes a customer's",
    kinds: ["customer.create", "backup.restore", "backup.restore_over"],
    maxHours: 24 * 7,
  },
] as const;

/** DR-3: that failures of backups cannot pass in silence, and that what recovers is in daily use. */
export const monitoredBackups: Claim = {
  id: "DR-3",
  promise:
    "Backups are watched: a missing one raises an alarm by its absence alone. What makes, restores and provisions databases is the same that is used every day.",
  method:
    "A drill makes the newest backup of a database made for probes look 25 hours old, lets the look-out of the installation look, and an alarm about it must be open; then the note is put right again, and the alarm must resolve by itself. Schedules that have not come round, and drills whose last success is too long ago, fail the claim.",
  maxAgeMinutes: 720,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  const [canary] = await context.canaries();
  if (canary === undefined)
    return { state: "not_applicable", summary: "There is no database for probes yet." };
  const rounds = await seeRounds(context, verdict);
  const ages = await seeRoutines(context, verdict);
  const isHeard = await missedBackupIsHeard(context, verdict, canary);
  return verdict.finding(
    `${isHeard ? "a backup that was missing raised its alarm, which resolved by itself" : "a missing backup was drilled"}; ${counted(rounds, "schedule")} came round; ${ages.join("; ")}`,
  );
}

async function seeRounds({ control, clock }: ProbeContext, verdict: Verdict): Promise<number> {
  const rounds = await control
    .reading(probeActor("DR-3"))
    .of(Round)
    .searchRead([], ["name", "every_seconds", "ended_at"]);
  for (const round of rounds)
    verdict.expect(!isSilent(round, clock.now()), "a schedule does not come round", round.name);
  return rounds.length;
}

/** A young installation owes nothing that it had no time for. */
async function seeRoutines({ control, clock }: ProbeContext, verdict: Verdict): Promise<string[]> {
  const operations = control.reading(probeActor("DR-3")).of(Operation);
  const [first] = await operations.searchRead([], ["create_date"], { order: "id", limit: 1 });
  const installed = first ? hoursSince(clock.now(), first.create_date) : 0;
  const told: string[] = [];
  for (const { what, kinds, maxHours } of routines) {
    const [last] = await operations.searchRead(
      [
        ["kind", "in", [...kinds]],
        ["state", "=", "done"],
      ],
      ["ended_at"],
      { order: "ended_at desc", limit: 1 },
    );
    const hours = last?.ended_at ? hoursSince(clock.now(), last.ended_at) : undefined;
    if (hours !== undefined) told.push(`${what} ${hours.toFixed(1)} hours ago`);
    verdict.expect(
      (hours ?? installed) < maxHours,
      "a drill has not succeeded for too long",
      `${what}: ${hours?.toFixed(1) ?? "never"}, ${maxHours} hours allowed`,
    );
  }
  return told;
}

/** The whole way of an alarm, on the real look-out: absent, told, there again, resolved. */
async function missedBackupIsHeard(
  context: ProbeContext,
  verdict: Verdict,
  canary: DatabaseInScope,
): Promise<boolean> {
  const former = await noteStored(context, canary, moment(context.clock.now() - breachHours * 3_600_000));
  let open: number;
  try {
    await context.drills.lookOut();
    open = await openAlarms(context, canary);
  } finally {
    await noteStored(context, canary, former ?? moment(context.clock.now()));
  }
  const isRaised = verdict.expect(open === 1, "a missing backup raised no alarm", canary.name);
  await context.drills.lookOut();
  const isOver = verdict.expect(
    (await openAlarms(context, canary)) === 0,
    "an alarm stays although its cause is gone",
    canary.name,
  );
  return isRaised && isOver;
}

/** @returns what was noted before. */
function noteStored({ control }: ProbeContext, { tenantId }: DatabaseInScope, at: Temporal.Instant) {
  return control.writing(probeActor("DR-3"), async (env) => {
    const [row] = await env
      .of(Database)
      .searchRead([["tenant_id", "=", tenantId]], ["last_stored_at"], { limit: 1 });
    if (row) await env.of(Database).write([row.id], { last_stored_at: at });
    return row?.last_stored_at ?? null;
  });
}

function openAlarms({ control }: ProbeContext, { name }: DatabaseInScope): Promise<number> {
  return control
    .reading(probeActor("DR-3"))
    .of(Alarm)
    .count([
      ["code", "=", absentCode],
      ["subject", "=", name],
      ["resolved_at", "=", false],
    ]);
}

const moment = (ms: number): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(Math.floor(ms));
