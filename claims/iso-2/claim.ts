import { type Connection, openTenant } from "@holdfast/protocol/agent-methods";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { postgresNames } from "@holdfast/trust/cluster-hands";
import { enter, type Intruder, isInside } from "@holdfast/trust/intruder";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { acrossTo, type ForbiddenAttempt, isRefusal, waysOut } from "./attempts.ts";
import { tryServerUser } from "./server-user.ts";

/** Pairs of databases that one probe tries; beyond that, chosen at random each time. */
const maxPairs = 1_000;
/** Databases of the cluster that are nobody's, and that nobody may enter. */
const nobodys = ["postgres", "template1"] as const;
/** SQLSTATEs of a closed door: no line in pg_hba.conf, or no right to connect. */
const closedDoor = new Set(["28000", "42501"]);

/** ISO-2: no way from one database to another. */
export const isolatedDatabases: Claim = {
  id: "ISO-2",
  promise: "With the credentials of one database nobody reaches another one, nor the host below it.",
  method:
    "With each database's own credentials, past all of our code, a probe enters that database (which must work), then tries to enter every other one, to become other roles, to read and write files, to run programs and code, to link databases. Each try must be refused by PostgreSQL's own access control; a silence or any other failure does not count as refused. Where the server has a system user of its own, a process of that user tries every socket, every method of the agent, keys, backups, logs and the other parts' processes: what it needs must open, all else must be refused by the system.",
  maxAgeMinutes: 720,
  probe,
};

interface Tally {
  readonly verdict: Verdict;
  doors: number;
  attempts: number;
}

interface Tenant {
  readonly name: string;
  readonly connection: Connection;
  readonly names: ReturnType<typeof postgresNames>;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const tenants = await Promise.all(context.databases.map((database) => credentialsOf(context, database)));
  const tally: Tally = { verdict: new Verdict(), doors: 0, attempts: 0 };
  const pairs = pairsOf(context, tenants);
  for (const tenant of tenants) {
    context.signal.throwIfAborted();
    await tryAll(tally, tenant, pairs.get(tenant) ?? []);
  }
  if (tenants.length < 2) tally.verdict.note("there is only one database, so there was no other to reach");
  const asServer = await tryServerUser(context, tally.verdict);
  return tally.verdict.finding(
    `with the credentials of ${counted(tenants.length, "database")}, each of which opens its own, ${counted(tally.doors, "foreign door")} and ${counted(tally.attempts, "way")} out were tried; ${asServer}`,
    ": all was refused",
  );
}

async function credentialsOf(context: ProbeContext, { name, tenantId }: DatabaseInScope): Promise<Tenant> {
  const { connection } = await context.agent(openTenant, { tenantId });
  return { name, connection, names: postgresNames(tenantId) };
}

/** All others for each, or so many at random that a probe stays short in a large fleet. */
function pairsOf({ random }: ProbeContext, tenants: readonly Tenant[]): Map<Tenant, readonly Tenant[]> {
  const perTenant = Math.max(1, Math.floor(maxPairs / Math.max(1, tenants.length)));
  return new Map(
    tenants.map((tenant) => {
      const others = tenants.filter((other) => other !== tenant);
      if (others.length <= perTenant) return [tenant, others];
      const ranks = new Map(others.map((other) => [other, Buffer.from(random.bytes(4)).readUInt32BE()]));
      const shuffled = others.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
      return [tenant, shuffled.slice(0, perTenant)];
    }),
  );
}

async function tryAll(tally: Tally, tenant: Tenant, others: readonly Tenant[]): Promise<void> {
  const own = await enter(tenant.connection);
  if (!isInside(own)) {
    tally.verdict.problem(
      "a database does not open with its own credentials, so that refusals prove nothing",
      `${tenant.name}: ${own.code} ${own.message}`,
    );
    return;
  }
  try {
    await positiveControl(tally, tenant, own);
    for (const attempt of waysOut) await mustBeRefused(tally, { tenant, own, attempt });
    for (const { names } of others)
      for (const attempt of [
        ...acrossTo(names.login, names.database),
        ...acrossTo(names.owner, names.database),
      ])
        await mustBeRefused(tally, { tenant, own, attempt });
    await readGrants(tally, tenant, own);
  } finally {
    await own.leave();
  }
  for (const database of [...others.map(({ names }) => names.database), ...nobodys])
    await knock(tally, tenant, database);
}

async function positiveControl({ verdict }: Tally, tenant: Tenant, own: Intruder): Promise<void> {
  const read = await own.attempt("SELECT count(*)::int AS users FROM res_users");
  verdict.expect(
    read.kind === "allowed" && Number(read.rows[0]?.["users"]) > 0,
    "a database does not answer its own role, so that refusals prove nothing",
    tenant.name,
  );
}

async function mustBeRefused(
  tally: Tally,
  {
    tenant,
    own,
    attempt,
  }: { readonly tenant: Tenant; readonly own: Intruder; readonly attempt: ForbiddenAttempt },
): Promise<void> {
  const answer = await own.attempt(attempt.statement);
  tally.attempts += 1;
  const where = `${tenant.name}: ${attempt.statement}`;
  if (answer.kind === "allowed") tally.verdict.problem(`a tenant's role can ${attempt.gain}`, where);
  else
    tally.verdict.expect(
      isRefusal(attempt, answer.code),
      `a try to ${attempt.gain} failed, but was not refused`,
      `${where}: ${answer.code} ${answer.message}`,
    );
}

/** A grant behind a closed door is the first of two locks that is open: noticed before the second opens. */
async function readGrants({ verdict }: Tally, tenant: Tenant, own: Intruder): Promise<void> {
  const powers = await own.attempt(
    "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = current_user",
  );
  verdict.expect(
    powers.kind === "allowed" && powers.rows[0]?.["mighty"] === false,
    "a tenant's role has powers over the cluster",
    tenant.name,
  );
  const answer = await own.attempt(
    "SELECT datname FROM pg_database WHERE datname ~ '^t_' AND datname <> current_database() AND has_database_privilege(oid, 'CONNECT')",
  );
  if (answer.kind === "refused") return verdict.problem("a role cannot read its own rights", tenant.name);
  for (const { datname } of answer.rows)
    verdict.problem(
      "a role has the right to connect to another database",
      `${tenant.name}: ${String(datname)}`,
    );
}

async function knock(tally: Tally, tenant: Tenant, database: string): Promise<void> {
  const entered = await enter({ ...tenant.connection, database });
  tally.doors += 1;
  const where = `${tenant.name} at ${database}`;
  if (isInside(entered)) {
    await entered.leave();
    tally.verdict.problem("a tenant's credentials open another database", where);
  } else
    tally.verdict.expect(
      closedDoor.has(entered.code),
      "a door failed to open, but was not closed",
      `${where}: ${entered.code} ${entered.message}`,
    );
}
