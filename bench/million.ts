import { bareServer } from "./bare-server.ts";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { callTarget } from "./calls.ts";
import { type CompanyServer, companyServer } from "./company-server.ts";
import { measureImport } from "./import-figures.ts";
import { load, type Target } from "./load.ts";
import { compare, median } from "./measure.ts";
import { fillPartners } from "./partner-rows.ts";

const fields = ["name", "email", "phone", "city", "zip", "is_company", "country_id", "write_date"];

interface Question {
  readonly name: string;
  readonly call: {
    readonly model: string;
    readonly method: string;
    readonly args: readonly unknown[];
    readonly kwargs?: Readonly<Record<string, unknown>>;
  };
}

const model = "res.partner";
/** All answered out of an index: a hundred times the rows may cost at most twice the time. */
const questions: readonly Question[] = [
  {
    name: "first page of the list",
    call: { model, method: "search_read", args: [[]], kwargs: { fields, limit: 80 } },
  },
  {
    name: "filter on an indexed field",
    call: {
      model,
      method: "search_read",
      args: [[["email", "=", "mail77@example.org"]]],
      kwargs: { fields, limit: 80 },
    },
  },
  {
    name: "count up to 10,000+",
    call: { model, method: "search_count", args: [[]], kwargs: { limit: 10_001 } },
  },
];

/** A hundred times the rows: what an index answers may not feel it; and an import of 100,000 rows in one request. */
export const benchmark: Benchmark = {
  name: "million",
  description:
    "list, filter, count and group of 1,000,000 contacts against 10,000; import of 100,000 in one request",
  run: measure,
};

async function measure(run: BenchRun): Promise<readonly Figure[]> {
  const filled = (count: number) =>
    companyServer(run, { fill: (db, users) => fillPartners(db, count, [users.restricted, users.admin]) });
  const few = await filled(run.quick ? 500 : 10_000);
  run.note("making the large database: a minute or two");
  const many = await filled(run.quick ? 2_000 : 1_000_000);
  const figures: Figure[] = [];
  for (const question of questions)
    for (const who of ["admin", "restricted"] as const)
      figures.push(await answered(run, { few, many, question, who }));
  return [...figures, ...(await grouped(run, many)), ...(await measureImport(run, few))];
}

const bareGroups = {
  admin: `SELECT t.country_id, c.name, count(*) FROM res_partner t LEFT JOIN res_country c ON c.id = t.country_id
    WHERE t.active AND (t.company_id IS NULL OR t.company_id = $1) GROUP BY t.country_id, c.name ORDER BY c.name`,
  restricted: `SELECT t.country_id, c.name, count(*) FROM res_partner t LEFT JOIN res_country c ON c.id = t.country_id
    WHERE t.active AND (t.company_id IS NULL OR t.company_id = $1) AND (t.user_id = $2 OR t.user_id IS NULL)
    GROUP BY t.country_id, c.name ORDER BY c.name`,
} as const;
/** Beside reading every row there is little to do. */
const mostOfBare = 1.5;

/** A group counts every row that the caller may see: no index spares that, so the bound is the bare statement. */
async function grouped(run: BenchRun, many: CompanyServer): Promise<Figure[]> {
  const call = { model, method: "read_group", args: [[], ["country_id"], ["country_id"]] } as const;
  const bare = await bareServer(run, {
    connection: many.db.connection,
    connections: 1,
    tls: many,
    routes: {
      "/admin": { text: bareGroups.admin, values: [1] },
      "/restricted": { text: bareGroups.restricted, values: [1, many.users.restricted] },
    },
  });
  const figures: Figure[] = [];
  for (const who of ["admin", "restricted"] as const) {
    const target = await callTarget(many, many.users[who], () => call);
    const reference: Target = { port: bare.port, host: many.host, caPem: many.caPem, path: `/${who}` };
    const time = (of: Target) => async () => median((await load(of, { connections: 1, count: 3 })).latencies);
    figures.push(
      await compare(run, {
        name: `group by country, ${named(who)}`,
        unit: "ms",
        bound: { atMost: mostOfBare },
        ours: time(target),
        reference: { name: "the bare statement", measure: time(reference) },
      }),
    );
  }
  return figures;
}

function named(who: "admin" | "restricted"): string {
  return who === "admin" ? "administrator" : "restricted user";
}

async function answered(
  run: BenchRun,
  given: {
    readonly few: CompanyServer;
    readonly many: CompanyServer;
    readonly question: Question;
    readonly who: "admin" | "restricted";
  },
): Promise<Figure> {
  const { few, many, question, who } = given;
  const count = run.quick ? 3 : 40;
  const time = async (server: CompanyServer) => {
    const target = await callTarget(server, server.users[who], () => question.call);
    return async () => median((await load(target, { connections: 1, count })).latencies);
  };
  return compare(run, {
    name: `${question.name}, ${named(who)}`,
    unit: "ms",
    bound: { atMost: 2 },
    ours: await time(many),
    reference: { name: "of 10,000", measure: await time(few) },
  });
}
