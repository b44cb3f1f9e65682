import type { Environment } from "@holdfast/framework/model/environment";
import { Alarm, rankOf, type Severity } from "./alarm.ts";
import { isSilent, lookOutRound, Round } from "./round.ts";

/** What each code says in public, where no customer is named. One that is not here is counted as "other". */
const publicWords: Readonly<Record<string, string>> = {
  "backup.absent": "databases without a stored backup in time",
  "backup.failing": "databases whose last tries to back up stored nothing",
  "proof.absent": "databases without a backup proven by a restore in time",
  "catalog.mismatch": "databases whose signed list of backups and the vaults contradict each other",
  "copy.bad": "databases with a damaged or missing copy of a backup",
  "vault.unseen": "data centers that do not answer",
  "vault.refuses": "data centers that take no backups",
  "vault.full": "data centers that are nearly full",
  "erasures.split": "lists of erased persons that were apart",
  "keystore.replica": "places for wrapped keys that do not answer",
  "keystore.near": "copies of the keystore that stand where the keystore does",
  "recovery.unchecked": "recovery files that nobody has checked where they are kept",
  "round.silent": "schedules that do not come round",
  "watch.failed": "watches that are blind",
};
const maxOpen = 100_000;

/** Open alarms of one kind, nobody named. */
export interface AlarmCount {
  readonly code: string;
  readonly words: string;
  readonly severity: Severity;
  readonly count: number;
  /** When the oldest of them began. */
  readonly since: Temporal.Instant;
}

/** What the public may know of alarms, and whether anybody looks for them at all. */
export interface AlarmFacts {
  readonly counts: readonly AlarmCount[];
  /** Null: nobody ever looked. */
  readonly lookedAt: Temporal.Instant | null;
  /** Nobody looks any more: that there is no alarm says nothing then. */
  readonly isBlind: boolean;
}

/** Counts open alarms by kind; the worst first. */
export async function alarmFacts(env: Environment): Promise<AlarmFacts> {
  const open = await env.system("the trust page counts open alarms and names nobody", (system) =>
    system
      .of(Alarm)
      .searchRead([["resolved_at", "=", false]], ["code", "severity", "since"], { limit: maxOpen }),
  );
  const [round] = await env
    .of(Round)
    .searchRead([["name", "=", lookOutRound]], ["every_seconds", "ended_at"]);
  const codes = [...new Set(open.map(({ code }) => code))];
  const counts = codes.map((code) => {
    const these = open.filter((alarm) => alarm.code === code);
    const [worst] = these.toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity));
    const [oldest] = these.toSorted((a, b) => a.since.epochMilliseconds - b.since.epochMilliseconds);
    return {
      code,
      words: publicWords[code] ?? "other alarms",
      severity: worst?.severity ?? "warning",
      count: these.length,
      since: oldest?.since ?? Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
    };
  });
  return {
    counts: counts.sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || a.code.localeCompare(b.code)),
    lookedAt: round?.ended_at ?? null,
    isBlind: round === undefined || isSilent(round, env.clock.now()),
  };
}
