import { bareServer } from "./bare-server.ts";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { callTarget } from "./calls.ts";
import { companyServer } from "./company-server.ts";
import { fillPartners } from "./partner-rows.ts";
import { compareSpeeds } from "./speeds.ts";

const bareInsert = `INSERT INTO res_partner (create_uid, write_uid, create_date, write_date, name, complete_name, email, phone, city, country_id, is_company, active)
  VALUES (1, 1, now(), now(), $1, $1, $2, $3, $4, (SELECT min(id) FROM res_country), true, true) RETURNING id`;

/** Creating one contact, its full name computed, rule and references held, against one INSERT. */
export const benchmark: Benchmark = {
  name: "create",
  description: "creating a contact, rules on, against a bare handler with one INSERT",
  run: measure,
};

async function measure(run: BenchRun): Promise<readonly Figure[]> {
  let country = 0;
  const ours = await companyServer(run, {
    fill: async (db, users) => {
      await fillPartners(db, run.quick ? 100 : 10_000, [users.restricted, users.admin]);
      [country = 0] = await db.data
        .reading(db.system())
        .model("res.country")
        .search([], { limit: 1, order: "id" });
    },
  });
  const values = (n: number) => ({
    name: `New ${n}`,
    email: `n${n}@example.org`,
    phone: "+371",
    city: "Riga",
  });
  const target = await callTarget(ours, ours.users.admin, (n) => ({
    model: "res.partner",
    method: "create",
    args: [{ ...values(n), country_id: country, is_company: true }],
  }));
  const bare = await bareServer(run, {
    connection: ours.db.connection,
    connections: 4,
    routes: { "/": { text: bareInsert } },
    tls: ours,
  });
  const reference = {
    ...target,
    port: bare.port,
    path: "/",
    body: (n: number) => JSON.stringify(Object.values(values(n))),
  };
  return compareSpeeds(run, { ours: target, bare: reference, bound: { atLeast: 0.4 } });
}
