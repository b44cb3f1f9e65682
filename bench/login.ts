import { Agent } from "node:https";
import { usersModel } from "@holdfast/framework/identity/models";
import { hashPassword } from "@holdfast/framework/identity/password-hash";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { type CompanyServer, companyServer } from "./company-server.ts";
import { listTarget } from "./list.ts";
import { load } from "./load.ts";
import { compare, figure } from "./measure.ts";
import { fillPartners } from "./partner-rows.ts";
import { flood, trySignIn, withoutThrottle } from "./sign-in-flood.ts";

const password = "quiet lantern over moss";
const triesPerSecond = 50;
/** Fewer than wait for the hashing thread at once: none is turned away. */
const atOnce = 4;

/** What sign-ins cost, and what a flood of them costs everybody else. */
export const benchmark: Benchmark = {
  name: "login",
  description:
    "a guarded list's p95 while 50 sign-ins a second are tried, against the same list idle; logins/s",
  run: measure,
};

async function measure(run: BenchRun): Promise<readonly Figure[]> {
  const server = await companyServer(run, {
    fill: async (db, users) => {
      await fillPartners(db, run.quick ? 200 : 10_000, [users.restricted, users.admin]);
      await withoutThrottle(db);
      const hash = hashPassword(password);
      await db.data.writing(db.system(), (env) =>
        env.of(usersModel).write([users.sales], { password_hash: hash }),
      );
    },
  });
  // The flood last: what it leaves behind in the queue would turn the right passwords away.
  const logins = await loginsPerSecond(run, server);
  return [await listUnderFlood(run, server), logins];
}

async function listUnderFlood(run: BenchRun, server: CompanyServer): Promise<Figure> {
  const target = await listTarget(server, server.users.restricted);
  const p95 = async (): Promise<number> => {
    const { latencies } = await load(target, { connections: 1, count: run.quick ? 10 : 300 });
    return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.95)] ?? 0;
  };
  return compare(run, {
    name: `p95 of a list while ${triesPerSecond} sign-ins a second are tried`,
    unit: "ms",
    bound: { atMost: 1.5 },
    ours: async () => {
      const tries = flood(server, triesPerSecond);
      await settled();
      const found = await p95();
      tries.stop();
      run.note(
        `tries that were checked, turned away, failed: ${tries.seen.wrong}, ${tries.seen.busy}, ${tries.seen.failed}`,
      );
      return found;
    },
    reference: { name: "the same list idle", measure: p95 },
  });
}

/** So that the queue is full when the list is measured. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
}

async function loginsPerSecond(run: BenchRun, server: CompanyServer): Promise<Figure> {
  const agent = new Agent({ keepAlive: true });
  const rounds: number[] = [];
  for (let round = 0; round < run.rounds; round++) {
    const start = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: atOnce }, () => trySignIn(server, agent, { login: "sam", password })),
    );
    const right = outcomes.filter((outcome) => outcome === "ok").length;
    if (right === 0) throw new Error(`no sign-in succeeded: ${outcomes.join(", ")}`);
    rounds.push((right * 1_000) / (performance.now() - start));
  }
  agent.destroy();
  return figure(run, { name: "right passwords", unit: "logins/s", bound: null, ours: rounds });
}
