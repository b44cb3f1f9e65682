import { readFileSync } from "node:fs";
import { checkServerIdentity } from "node:tls";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Connection } from "@holdfast/protocol/agent-methods";
import { Client, DatabaseError } from "pg";

const connectMilliseconds = 10_000;
const statementMilliseconds = 15_000;

/** How PostgreSQL answered one attempt. A silence, a lost connection or our own mistake is neither of the two. */
export type Attempted =
  | { readonly kind: "allowed"; readonly rows: readonly Readonly<Record<string, unknown>>[] }
  | {
      readonly kind: "refused";
      /** SQLSTATE. */
      readonly code: string;
      readonly message: string;
    };

/** Somebody with one role's password at PostgreSQL's door, past all of our own code. */
export interface Intruder {
  /** Runs one statement in a transaction that is rolled back: what is allowed by mistake changes nothing. */
  attempt(statement: string): Promise<Attempted>;
  leave(): Promise<void>;
}

/**
 * Enters a database over TLS with a tenant's own credentials, as a thief of them would.
 *
 * This is a counted exception to "only `sql/` talks to the driver": what the driver refuses must be seen
 * as PostgreSQL says it (claim ISO-2), without the framework between.
 *
 * @returns the intruder, or how the door refused.
 * @throws ExpectedError `unavailable` when nobody answered: a timeout is no refusal.
 */
export async function enter(
  connection: Connection,
): Promise<Intruder | Extract<Attempted, { kind: "refused" }>> {
  const client = new Client({
    ...connection,
    application_name: "holdfast probe",
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: statementMilliseconds,
    ssl: {
      ca: readFileSync(connection.caFile, "utf8"),
      rejectUnauthorized: true,
      checkServerIdentity: (_name, certificate) => checkServerIdentity(connection.host, certificate),
    },
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    return refusal(error);
  }
  return {
    attempt: (statement) => attempt(client, statement),
    leave: () => client.end(),
  };
}

/** @returns whether the door let us in. */
export function isInside(entered: Awaited<ReturnType<typeof enter>>): entered is Intruder {
  return "attempt" in entered;
}

async function attempt(client: Client, statement: string): Promise<Attempted> {
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<Readonly<Record<string, unknown>>>(statement);
    return { kind: "allowed", rows };
  } catch (error) {
    return refusal(error);
  } finally {
    await client.query("ROLLBACK");
  }
}

/** Only an error that PostgreSQL itself reported is a refusal. */
function refusal(error: unknown): Extract<Attempted, { kind: "refused" }> {
  if (error instanceof DatabaseError && error.code !== undefined)
    return { kind: "refused", code: error.code, message: error.message };
  throw new ExpectedError("unavailable", "PostgreSQL did not answer an attempt", { cause: error });
}
