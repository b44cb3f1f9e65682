import { bareServer } from "./bare-server.ts";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { callTarget } from "./calls.ts";
import { companyServer } from "./company-server.ts";
import { fillPartners } from "./partner-rows.ts";
import { compareSpeeds } from "./speeds.ts";

const rows = 10_000;
const bareUpdate =
  "UPDATE res_partner SET city = $2, write_uid = 1, write_date = now() WHERE id = $1 RETURNING id";

/** Changing one contact, rules held before and after, against one UPDATE. */
export const benchmark: Benchmark = {
  name: "update",
  description: "changing a contact, rules on, against a bare handler with one UPDATE",
  run: measure,
};

async function measure(run: BenchRun): Promise<readonly Figure[]> {
  const partners = run.quick ? 100 : rows;
  const ours = await companyServer(run, {
    fill: (db, users) => fillPartners(db, partners, [users.restricted, users.admin]),
  });
  // Each side has half of the rows, so that neither waits for the other's locks.
  const own = (n: number) => 1 + (n % (partners / 2));
  const target = await callTarget(ours, ours.users.admin, (n) => ({
    model: "res.partner",
    method: "write",
    args: [[own(n)], { city: `City ${n}` }],
  }));
  const bare = await bareServer(run, {
    connection: ours.db.connection,
    connections: 4,
    routes: { "/": { text: bareUpdate } },
    tls: ours,
  });
  const reference = {
    ...target,
    port: bare.port,
    path: "/",
    body: (n: number) => JSON.stringify([own(n) + partners / 2, `City ${n}`]),
  };
  return compareSpeeds(run, { ours: target, bare: reference, bound: { atLeast: 0.4 } });
}
