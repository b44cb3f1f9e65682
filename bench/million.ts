import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { callTarget } from "./calls.ts";
import { type CompanyServer, companyServer } from "./company-server.ts";
import { measureImport } from "./import-figures.ts";
import { load } from "./load.ts";
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
  /** Answered out of an index: a hundred times the rows may cost at most twice the time. */
  readonly indexed: boolean;
}

const model = "res.partner";
const questions: readonly Question[] = [
  {
    name: "first page of the list",
    call: { model, method: "search_read", args: [[]], kwargs: { fields, limit: 80 } },
    indexed: true,
  },
  {
    name: "filter on an indexed field",
    call: {
      model,
      method: "search_read",
      args: [[["email", "=", "mail77@example.org"]]],
      kwargs: { fields, limit: 80 },
    },
    indexed: true,
  },
  {
    name: "count up to 10,000+",
    call: { model, method: "search_count", args: [[]], kwargs: { limit: 10_001 } },
    indexed: true,
  },
  {
    name: "group by country",
    call: { model, method: "read_group", args: [[], ["country_id"], ["country_id"]] },
    indexed: false,
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
    for (const who of question.indexed ? (["admin", "restricted"] as const) : (["admin"] as const))
      figures.push(await answered(run, { few, many, question, who }));
  return [...figures, ...(await measureImport(run, few))];
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
  const count = run.quick ? 3 : question.indexed ? 40 : 3;
  const time = async (server: CompanyServer) => {
    const target = await callTarget(server, server.users[who], () => question.call);
    return async () => median((await load(target, { connections: 1, count })).latencies);
  };
  return compare(run, {
    name: `${question.name}, ${who === "admin" ? "administrator" : "restricted user"}`,
    unit: "ms",
    bound: question.indexed ? { atMost: 2 } : null,
    ours: await time(many),
    reference: { name: "of 10,000", measure: await time(few) },
  });
}
