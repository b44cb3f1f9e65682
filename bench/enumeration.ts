import { Agent } from "node:https";
import { usersModel } from "@holdfast/framework/identity/models";
import { hashPassword } from "@holdfast/framework/identity/password-hash";
import { sql } from "@holdfast/framework/sql/sql";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { type CompanyServer, companyServer } from "./company-server.ts";
import { figure, median, milliseconds } from "./measure.ts";
import { trySignIn, withoutThrottle } from "./sign-in-flood.ts";

const plantedMilliseconds = 5;
/** Half of what is planted: what lies below is no leak that this program could tell from noise. */
const mostMilliseconds = plantedMilliseconds / 2;
const pairs = 60;

/** Whether the time of a refusal tells that a login exists. */
export const benchmark: Benchmark = {
  name: "enumeration",
  description:
    "a wrong password for a login that exists, against one that does not, in interleaved pairs; a planted leak of 5 ms must be seen",
  run: measure,
};

async function measure(run: BenchRun): Promise<readonly Figure[]> {
  const server = await companyServer(run, {
    fill: async (db, users) => {
      await withoutThrottle(db);
      const hash = hashPassword("quiet lantern over moss");
      await db.data.writing(db.system(), (env) =>
        env.of(usersModel).write([users.sales], { password_hash: hash }),
      );
    },
  });
  const clean = await differences(run, server, "as it is");
  await plantLeak(server);
  const leaky = await differences(run, server, "with the leak");
  return [
    difference(run, "known login minus unknown, in the middle", clean, { atMost: mostMilliseconds }),
    difference(run, "the same with a planted leak of 5 ms", leaky, { atLeast: mostMilliseconds }),
  ];
}

/** Which of a pair goes first changes with every pair, so that a busy moment falls on both alike. */
async function differences(run: BenchRun, server: CompanyServer, what: string): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const found: number[] = [];
  const timed = (login: string, n: number) =>
    milliseconds(async () => {
      const outcome = await trySignIn(server, agent, { login, password: `a wrong guess ${what} ${n}` });
      if (outcome !== "wrong") throw new Error(`the try was answered "${outcome}"`);
    });
  for (let n = -1; n < (run.quick ? 2 : pairs); n++) {
    const known = () => timed("sam", n);
    const unknown = () => timed("sim", n);
    const first = n % 2 === 0 ? await known() : -(await unknown());
    const second = n % 2 === 0 ? -(await unknown()) : await known();
    if (n >= 0) found.push(first + second);
  }
  agent.destroy();
  run.note(`${what}: ${median(found).toFixed(2)} ms, median of ${found.length} pairs`);
  return found;
}

/** Names in the log's row whose account it is: so a trigger can tell the two apart, as a careless line of ours could. */
async function plantLeak({ db }: CompanyServer): Promise<void> {
  await db.database.rows(sql`CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END $$`);
  await db.database.rows(sql`CREATE TRIGGER planted BEFORE INSERT ON hf_security_log
    FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION planted()`);
}

function difference(
  run: BenchRun,
  name: string,
  found: readonly number[],
  bound: { readonly atMost: number } | { readonly atLeast: number },
): Figure {
  return figure(run, { name, unit: "ms", bound, ours: [Math.max(0, Math.abs(median(found)))] });
}
