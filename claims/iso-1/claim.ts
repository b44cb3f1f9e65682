import { createHash } from "node:crypto";
import { inventory, openTenant } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { postgresNames } from "@holdfast/trust/cluster-hands";
import { enter, isInside } from "@holdfast/trust/intruder";
import { counted, Verdict } from "@holdfast/trust/verdict";

/** ISO-1: nothing below two databases is shared. */
export const dedicatedDatabases: Claim = {
  id: "ISO-1",
  promise: "Each database is its own: own PostgreSQL database, own owner, own encryption key, own files.",
  method:
    "What exists on the host is listed and compared with the databases that are served. From inside each one, with its own role, PostgreSQL's catalogs say who owns it and every table in it. Digests of all keys, and the folders of all files, are compared with one another: none may occur twice.",
  maxAgeMinutes: 720,
  probe,
};

type Inventory = OutputOf<typeof inventory>;

interface Round {
  readonly verdict: Verdict;
  readonly there: Inventory;
  /** What belongs to whom: a key's digest, a folder, an owner. */
  readonly holders: Map<string, string>;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const round: Round = {
    verdict: new Verdict(),
    there: await context.agent(inventory, {}),
    holders: new Map(),
  };
  let tables = 0;
  for (const database of context.databases) {
    context.signal.throwIfAborted();
    everythingOnce(round, database);
    tables += await lookInside(context, round, database);
  }
  round.verdict.expect(tables > 0, "no table was seen, so that owners prove nothing", "all databases");
  return round.verdict.finding(
    `${counted(context.databases.length, "database")} with ${counted(tables, "table")} compared`,
    ": each has an owner, a key and a file store that no other has",
  );
}

/** One of each kind on the host: a second would be a back door, none a shared one. */
function everythingOnce({ verdict, there }: Round, { name, tenantId }: DatabaseInScope): void {
  const own = postgresNames(tenantId);
  const count = (list: readonly { readonly tenantId: string | null }[]) =>
    list.filter((one) => one.tenantId === tenantId).length;
  const kinds = [
    ["database", count(there.databases)],
    ["key", count(there.keys)],
    ["file store", count(there.files)],
  ] as const;
  for (const [kind, found] of kinds)
    verdict.expect(found === 1, `a database has not exactly one ${kind}`, `${name}: ${found}`);
  const roles = there.roles.filter((role) => role.tenantId === tenantId).map((role) => role.name);
  verdict.expect(
    [own.owner, own.login].every((role) => roles.includes(role)),
    "a database lacks roles of its own",
    `${name}: ${roles.join(", ")}`,
  );
}

/** @returns how many tables were seen. */
async function lookInside(context: ProbeContext, round: Round, database: DatabaseInScope): Promise<number> {
  const { verdict } = round;
  const { connection, dataKey, filesDir } = await context.agent(openTenant, { tenantId: database.tenantId });
  const own = postgresNames(database.tenantId);
  const fingerprint = createHash("sha256").update(Buffer.from(dataKey, "base64")).digest("hex");
  heldOnce(round, `key ${fingerprint}`, { kind: "encryption key", name: database.name });
  heldOnce(round, `files ${filesDir}`, { kind: "file store", name: database.name });
  heldOnce(round, `login ${connection.user}`, { kind: "login", name: database.name });
  const inside = await enter(connection);
  if (!isInside(inside)) {
    verdict.problem("a database does not open with its own credentials", `${database.name}: ${inside.code}`);
    return 0;
  }
  try {
    const { owners, tables } = await ownersSeen(inside);
    for (const owner of owners) heldOnce(round, `owner ${owner}`, { kind: "owner", name: database.name });
    verdict.expect(
      owners.length === 1 && owners[0] === own.owner,
      "a database or a table in it belongs to somebody else",
      `${database.name}: ${owners.join(", ")}`,
    );
    return tables;
  } finally {
    await inside.leave();
  }
}

async function ownersSeen(inside: {
  attempt(
    statement: string,
  ): ReturnType<Extract<Awaited<ReturnType<typeof enter>>, { attempt: unknown }>["attempt"]>;
}): Promise<{ readonly owners: readonly string[]; readonly tables: number }> {
  const answer = await inside.attempt(
    `SELECT pg_get_userbyid(datdba)::text AS owner, 0 AS tables FROM pg_database WHERE datname = current_database()
     UNION ALL
     SELECT tableowner::text, count(*)::int FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1`,
  );
  if (answer.kind === "refused") return { owners: [], tables: 0 };
  return {
    owners: [...new Set(answer.rows.map((row) => String(row["owner"])))],
    tables: answer.rows.reduce((sum, row) => sum + Number(row["tables"]), 0),
  };
}

function heldOnce(
  { verdict, holders }: Round,
  thing: string,
  { kind, name }: { readonly kind: string; readonly name: string },
): void {
  const holder = holders.get(thing) ?? name;
  holders.set(thing, holder);
  verdict.expect(holder === name, `two databases share one ${kind}`, `${holder} and ${name}`);
}
