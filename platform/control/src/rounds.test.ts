// Statements of control's own rounds do not grow with the databases, backups and alarms that there are.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createUser } from "@holdfast/app-base/create-user";
import type { Environment } from "@holdfast/framework/model/environment";
import { ManualClock } from "@holdfast/kernel/clock";
import { newId } from "@holdfast/kernel/id";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "./actor.ts";
import { lookOut } from "./alarms/look-out.ts";
import { watchers } from "./alarms/watchers.ts";
import { scheduleCatchUp } from "./catch-up.ts";
import { scheduleRetention } from "./retention.ts";
import { scheduleBackups } from "./scheduler.ts";
import { operationBench } from "./testing/operation-bench.ts";

const [few, many] = [2, 12];
const dayMs = 86_400_000;
const clock = new ManualClock(Date.now());
let bench: Awaited<ReturnType<typeof operationBench>>;
let made = 0;
before(async () => {
  bench = await operationBench({ clock });
  await writing((env) =>
    createUser(env, {
      login: "op@host.example",
      name: "Op",
      email: "op@host.example",
      groups: ["panel.operator"],
    }),
  );
});
after(() => bench.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => bench.data.writing(controlActor, work);
const key = () => newId(clock.now(), systemRandom.bytes(10));
const parts = () => ({ data: bench.data, clock, log: silentLog, random: systemRandom });
const countOf = async (round: () => Promise<unknown>) => (await bench.statements(round)).length;

/** Databases of as many customers, each with one backup of yesterday in one vault. */
async function databases(count: number, state: "stored" | "damaged"): Promise<number[]> {
  return writing(async (env) => {
    const numbers = Array.from({ length: count }, () => ++made);
    const customers = await env
      .of(Customer)
      .create(numbers.map((n) => ({ name: `c${n}`, email: `c${n}@example.test` })));
    const ids = await env.of(Database).create(
      numbers.map((n, at) => ({
        name: `c${n}`,
        tenant_id: key(),
        customer_id: customers[at] ?? 0,
        apps: ["base"],
        state: "running" as const,
      })),
    );
    const taken_at = Temporal.Instant.fromEpochMilliseconds(clock.now() - dayMs);
    const backups = await env.of(Backup).create(
      ids.map((database_id, at) => ({
        key: key(),
        database_id,
        tenant_id: key(),
        database_name: `c${numbers[at]}`,
        state,
        taken_at,
      })),
    );
    await env
      .of(BackupCopy)
      .create(backups.map((backup_id) => ({ backup_id, vault: "one", state: "stored" as const })));
    return ids;
  });
}

test("a look for alarms raises, changes and tells of many in as many statements as of few", async () => {
  const look = () => lookOut(parts(), watchers);
  const sent: number[] = [];
  for (const count of [few, few, many]) {
    await databases(count, "stored");
    clock.advance(dayMs + 1);
    sent.push(await countOf(look));
  }
  // The first has nothing to change yet.
  assert.equal(sent[2], sent[1]);
});

test("what retention keeps and what is to be healed is looked for in as many statements as of few", async () => {
  // Every database has its turn once in an hour, so that all turns have some; nothing may go yet.
  const retention = async () => {
    for (let turn = 0; turn < 60; turn++) {
      assert.equal(await scheduleRetention(parts()), 0);
      clock.advance(60_000);
    }
  };
  const kept: number[] = [];
  for (const count of [60, 240]) {
    await databases(count, "stored");
    kept.push(await countOf(retention));
  }
  assert.equal(kept[1], kept[0]);
  const answers = { checks: [{ vault: "one", works: true }] };
  const agent = (async () => answers) as never;
  const healed: number[] = [];
  for (const count of [few, many]) {
    await databases(count, "damaged");
    healed.push(await countOf(() => scheduleCatchUp({ ...parts(), agent })));
  }
  assert.equal(healed[1], healed[0]);
});

test("backups are asked for a few at a time, however many are due", async () => {
  const round = async () => assert.ok((await scheduleBackups(parts())) <= 2);
  await databases(many, "stored");
  clock.advance(2 * dayMs);
  const first: number = await countOf(round);
  await databases(5 * many, "stored");
  clock.advance(2 * dayMs);
  assert.ok((await countOf(round)) <= first);
});
