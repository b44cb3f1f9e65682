import { newId } from "@holdfast/kernel/id";
import { listVaults, type Vault } from "@holdfast/protocol/agent-methods";
import { type CopyState, verifyBackup } from "@holdfast/protocol/backup-methods";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { backUpCanary, graceHours, newestBackup, originals, owesBackup } from "../stored-backups.ts";

const fewestDataCenters = 3;
const fewestContinents = 2;

/** BAK-2: replication of backups. */
export const replicatedBackups: Claim = {
  id: "BAK-2",
  promise: "Every backup is kept in at least three data centers on at least two continents.",
  method:
    "The newest backup of each database is read back from every vault, byte for byte: every piece is authenticated and the digest compared with the one noted when it was taken. Data centers and continents are counted from the vaults in which the whole copy was found. A backup that was never taken is asked for too, and must be found nowhere.",
  maxAgeMinutes: 1_440,
  probe,
};

/** What one round of reading back adds up to. */
interface Round {
  readonly verdict: Verdict;
  readonly vaults: readonly Vault[];
  backups: number;
  copies: number;
  tooYoung: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const { vaults } = await context.agent(listVaults, {});
  const round: Round = { verdict: new Verdict(), vaults, backups: 0, copies: 0, tooYoung: 0 };
  await backUpCanary(context);
  for (const database of originals(context.databases)) await readBack(context, round, database);
  await seekNeverTaken(context, round);
  return findingOf(round);
}

function findingOf({ verdict, vaults, backups, copies, tooYoung }: Round): Finding {
  if (tooYoung > 0)
    verdict.note(
      `${counted(tooYoung, "database is", "databases are")} younger than ${graceHours} hours and without a backup yet`,
    );
  if (backups === 0 && verdict.holds)
    return { state: "not_applicable", summary: "No database is old enough to owe a backup." };
  const centers = counted(new Set(vaults.map((vault) => vault.dataCenter)).size, "data center");
  const continents = counted(new Set(vaults.map((vault) => vault.continent)).size, "continent");
  return verdict.finding(
    `${counted(copies, "whole copy", "whole copies")} of ${counted(backups, "newest backup")} read back from ${centers} on ${continents}`,
  );
}

async function readBack(context: ProbeContext, round: Round, database: DatabaseInScope): Promise<void> {
  const { verdict } = round;
  const newest = await newestBackup(context, database);
  if (newest === undefined) {
    if (owesBackup(context, database))
      verdict.problem(`a database is older than ${graceHours} hours and has no backup`, database.name);
    else round.tooYoung += 1;
    return;
  }
  const { tenantId } = database;
  const { copies } = await context.agent(
    verifyBackup,
    { tenantId, backupId: newest.backupId, sha256: newest.sha256 },
    { signal: context.signal },
  );
  round.backups += 1;
  for (const copy of copies) {
    if (copy.state === "stored") round.copies += 1;
    else verdict.problem(`a copy is ${copy.state}`, `${database.name} ${newest.backupId}: ${reasonOf(copy)}`);
  }
  countPlaces(round, copies, `${database.name} ${newest.backupId}`);
}

function countPlaces({ verdict, vaults }: Round, copies: readonly CopyState[], where: string): void {
  const whole = vaults.filter((vault) =>
    copies.some((copy) => copy.vault === vault.name && copy.state === "stored"),
  );
  const centers = new Set(whole.map((vault) => vault.dataCenter)).size;
  const continents = new Set(whole.map((vault) => vault.continent)).size;
  verdict.expect(
    centers >= fewestDataCenters,
    `a backup is whole in fewer than ${fewestDataCenters} data centers`,
    `${where}: in ${centers}`,
  );
  verdict.expect(
    continents >= fewestContinents,
    `a backup is whole on fewer than ${fewestContinents} continents`,
    `${where}: on ${continents}`,
  );
  if (whole.some((vault) => vault.simulated)) verdict.simulated();
}

/** The positive control: a reader that finds everything everywhere reads nothing. */
async function seekNeverTaken(context: ProbeContext, { verdict }: Round): Promise<void> {
  const [database] = context.databases;
  if (database === undefined) return;
  const backupId = newId<"backup">(context.clock.now(), context.random.bytes(10));
  const { copies } = await context.agent(verifyBackup, { tenantId: database.tenantId, backupId });
  verdict.expect(
    copies.length > 0 && copies.every((copy) => copy.state === "missing"),
    "a backup that was never taken is reported as found",
    JSON.stringify(copies),
  );
}

function reasonOf(copy: CopyState): string {
  if (copy.state === "damaged") return `${copy.vault} at byte ${copy.atByte}: ${copy.reason}`;
  return copy.state === "away" ? `${copy.vault}: ${copy.reason}` : copy.vault;
}
