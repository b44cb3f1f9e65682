import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mailModel } from "@holdfast/framework/mail/models";
import { ManualClock } from "@holdfast/kernel/clock";
import { newId } from "@holdfast/kernel/id";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { requestDestruction, requestEnding, requestReopening } from "@holdfast/panel/closing";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { requestDeletion, requestVerification } from "@holdfast/panel/request";
import { requestRetirement, setLegalHold } from "@holdfast/panel/retention-requests";
import { controlActor } from "./actor.ts";
import { tellOfEndingCopies } from "./ending-copies.ts";
import { backupRows } from "./handlers/rows.ts";
import { deleteDatabase } from "./kinds/delete-database.ts";
import { restoreBackup } from "./kinds/restore-backup.ts";
import { retireBackup } from "./kinds/retire-backup.ts";
import { scheduleRetention } from "./retention.ts";
import { lateBackups, scheduleBackups } from "./scheduler.ts";
import { operationBench } from "./testing/operation-bench.ts";
import { scheduleUpkeep } from "./upkeep.ts";

let bench: Awaited<ReturnType<typeof operationBench>>;
const clock = new ManualClock(Date.now());
const hours = (count: number): void => clock.advance(count * 3_600_000);
const moment = (): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(clock.now());

before(async () => {
  bench = await operationBench({ clock });
  await bench.data.writing(controlActor, async (env) => {
    const [customer_id = 0] = await env
      .model("platform.customer")
      .create([{ name: "acme", email: "a@acme.example" }]);
    const common = { customer_id, apps: ["base"] };
    await env.of(Database).create([
      { ...common, name: "one", tenant_id: "1", state: "running" },
      { ...common, name: "two", tenant_id: "2", state: "running" },
      { ...common, name: "three", tenant_id: "3", state: "running" },
      { ...common, name: "copy", tenant_id: "4", state: "running", neutralized: true },
      { ...common, name: "made", tenant_id: "5", state: "provisioning" },
    ]);
  });
});
after(() => bench.close());

const look = (): Promise<number> => scheduleBackups({ data: bench.data, clock, log: silentLog });

/** Ends all that was asked for, as the runner would. */
async function end(state: "stored" | "failed"): Promise<void> {
  await bench.data.writing(controlActor, async (env) => {
    const open = await env.of(Operation).searchRead([["ended_at", "=", false]], ["database_id"]);
    await env.of(Operation).write(
      open.map(({ id }) => id),
      { state: state === "stored" ? "done" : "failed", ended_at: moment() },
    );
    const taking = await env.of(Backup).search([["state", "=", "taking"]]);
    await env.of(Backup).write(taking, { state });
    const ids = open.flatMap(({ database_id }) => database_id?.id ?? []);
    if (state === "stored") await env.of(Database).write(ids, { last_stored_at: moment() });
  });
}

test("running databases that are no copies are backed up when due, two at a time, and told of when late", async () => {
  assert.equal(await look(), 0);
  hours(2);
  assert.equal(await look(), 2);
  assert.equal(await look(), 0);
  await end("stored");
  assert.equal(await look(), 1);
  await end("failed");
  assert.equal(await look(), 0);
  hours(0.5);
  assert.equal(await look(), 1);
  await end("stored");
  hours(17.4);
  assert.equal(await look(), 0);
  hours(2.1);
  assert.equal(await look(), 2);
  assert.deepEqual(await lateBackups({ data: bench.data, clock }), { late: 0, overdue: 0 });
  hours(2.6);
  assert.deepEqual(await lateBackups({ data: bench.data, clock }), { late: 3, overdue: 0 });
  hours(2);
  assert.deepEqual(await lateBackups({ data: bench.data, clock }), { late: 0, overdue: 3 });
});

test("whoever owns a copy is told two days before it is deleted, once, and again when they kept it longer", async () => {
  const tell = () => tellOfEndingCopies({ data: bench.data, clock });
  const ends = (days: number, values: Readonly<Record<string, unknown>> = {}) =>
    bench.data.writing(controlActor, async (env) => {
      const [copy = 0] = await env.of(Database).search([["name", "=", "copy"]]);
      const expires_at = moment().add({ hours: days * 24 });
      await env.of(Database).write([copy], { url: "https://copy.localhost", expires_at, ...values });
    });
  await ends(3);
  assert.equal(await tell(), 0);
  hours(25);
  assert.equal(await tell(), 1);
  assert.equal(await tell(), 0);
  await ends(1, { expiry_warned_at: null });
  assert.equal(await tell(), 1);
  const mails = await bench.data
    .reading(controlActor)
    .of(mailModel)
    .searchRead([["subject", "ilike", "copy"]], ["subject", "email_to", "body_html"]);
  assert.equal(mails.length, 2);
  for (const { subject, email_to, body_html } of mails) {
    assert.match(subject ?? "", /^Your copy copy is deleted on \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
    assert.equal(email_to, "a@acme.example");
    assert.match(String(body_html), /href="https:\/\/copy\.localhost"/);
  }
});

test("what a lock of a vault outlasts stays in the list, to be deleted after its end, and goes then", async () => {
  const lockedUntil = new Date(clock.now() + 3 * 86_400_000).toISOString();
  const id = await bench.data.writing(controlActor, async (env) => {
    const key = newId(clock.now(), systemRandom.bytes(10));
    const row = { key, tenant_id: newId(clock.now(), systemRandom.bytes(10)), database_name: "one" };
    const [made = 0] = await env.of(Backup).create([{ ...row, state: "stored", taken_at: moment() }]);
    await env.of(BackupCopy).create([{ backup_id: made, vault: "north", state: "stored" }]);
    return made;
  });
  /** The last two steps, as the runner runs them; the agent answers that this is left. */
  const retire = async (left: readonly { vault: string; reason: string; lockedUntil: string }[]) => {
    const [operation] = await bench.data
      .reading(controlActor)
      .of(Operation)
      .searchRead([["kind", "=", "backup.retire"]], ["input"], { order: "id desc", limit: 1 });
    const parts = { data: bench.data, clock, agent: async () => ({ changed: true, left }) } as never;
    let memory = {};
    for (const step of retireBackup.steps.slice(-2)) {
      const context = { input: operation?.input, memory, parts, signal: new AbortController().signal };
      memory = { ...memory, ...(await step.run(context as never)) };
    }
    await end("stored");
  };
  const [listed] = await backupRows(bench.data, { id });
  assert.deepEqual([listed?.state, listed?.deleteAfter], ["stored", null]);
  await bench.data.writing(controlActor, (env) => requestRetirement(env, id));
  await retire([{ vault: "north", reason: "locked", lockedUntil }]);
  const [kept] = await backupRows(bench.data, { id });
  assert.deepEqual([kept?.state, kept?.copies], ["locked", []]);
  assert.equal(Date.parse(kept?.deleteAfter ?? ""), Date.parse(lockedUntil));
  await assert.rejects(
    bench.data.writing(controlActor, (env) => requestVerification(env, id)),
    {
      code: "conflict",
    },
  );
  const round = () => scheduleRetention({ data: bench.data, clock, log: silentLog });
  assert.equal(await round(), 0);
  hours(73);
  assert.equal(await round(), 1);
  await retire([]);
  assert.deepEqual(await backupRows(bench.data, { id }), []);
});

test("a customer's database is closed for its grace time, can be opened again, and is destroyed after it, a hold apart", async () => {
  const parts = { data: bench.data, clock, log: silentLog, random: systemRandom };
  const made = await bench.data.writing(controlActor, async (env) => {
    const [customer = 0] = await env
      .model("platform.customer")
      .create([{ name: "leaving", email: "l@leaving.example", state: "active" }]);
    const tenant_id = newId<"tenant">(clock.now(), systemRandom.bytes(10));
    const [databaseId = 0] = await env
      .of(Database)
      .create([{ name: "leaving", customer_id: customer, tenant_id, state: "running", apps: ["base"] }]);
    return { customer, databaseId };
  });
  const { customer, databaseId } = made;
  const wish = { databaseId, confirm: "leaving" };
  const asked = () =>
    bench.data
      .reading(controlActor)
      .of(Operation)
      .count([
        ["kind", "=", "database.delete"],
        ["database_id", "=", databaseId],
      ]);
  const state = async () =>
    (await bench.data.reading(controlActor).of(Database).read([databaseId], ["state"]))[0]?.state;
  const writing = <T>(work: Parameters<typeof bench.data.writing<T>>[1]) =>
    bench.data.writing(controlActor, work);
  await assert.rejects(writing((env) => requestEnding(env, { databaseId, confirm: "other" })));
  assert.equal(await writing((env) => requestEnding(env, wish)), undefined);
  assert.equal(await state(), "closed");
  hours(13 * 24);
  await scheduleUpkeep(parts);
  assert.equal(await asked(), 0);
  await writing((env) => requestReopening(env, databaseId));
  hours(2 * 24);
  await scheduleUpkeep(parts);
  assert.deepEqual([await state(), await asked()], ["running", 0]);
  await writing((env) => requestEnding(env, wish));
  const hold = (held_since: Temporal.Instant | null) =>
    writing((env) => env.model("platform.customer").write([customer], { held_since }));
  await hold(moment());
  hours(14 * 24 + 1);
  await scheduleUpkeep(parts);
  assert.deepEqual([await state(), await asked()], ["closed", 0]);
  await hold(null);
  // Opened again after it was found to be over, and before its end was asked for.
  let isOpened = false;
  const late = async (...given: Parameters<typeof bench.data.writing>) => {
    if (!isOpened) {
      isOpened = true;
      await writing((env) => requestReopening(env, databaseId));
    }
    return bench.data.writing(...given);
  };
  const data = new Proxy(bench.data, {
    get: (all, name) => (name === "writing" ? late : Reflect.get(all, name, all)),
  });
  await scheduleUpkeep({ ...parts, data });
  assert.deepEqual([isOpened, await state(), await asked()], [true, "running", 0]);
  await writing((env) => requestEnding(env, wish));
  hours(14 * 24 + 1);
  await scheduleUpkeep(parts);
  assert.deepEqual([await state(), await asked()], ["deleting", 1]);
});

test("a copy that a drill left when it was stopped goes after a day", async () => {
  const parts = { data: bench.data, clock, log: silentLog, random: systemRandom };
  const id = await bench.data.writing(controlActor, async (env) => {
    const [one] = await env.of(Database).searchRead([["name", "=", "one"]], ["customer_id"]);
    const customer_id = one?.customer_id.id ?? 0;
    const common = {
      customer_id,
      tenant_id: "drill",
      state: "running",
      apps: ["base"],
      neutralized: true,
    } as const;
    return (await env.of(Database).create([{ ...common, name: "drill-0123" }]))[0] ?? 0;
  });
  const state = async () =>
    (await bench.data.reading(controlActor).of(Database).read([id], ["state"]))[0]?.state;
  await scheduleUpkeep(parts);
  assert.equal(await state(), "running");
  hours(25);
  await scheduleUpkeep(parts);
  assert.equal(await state(), "deleting");
});

/** A customer with a running database, and a copy of it whose backup is gone by now. */
async function madeWithCopy(name: string) {
  const [tenant_id, of] = [1, 2].map(() => newId<"tenant">(clock.now(), systemRandom.bytes(10)));
  return bench.data.writing(controlActor, async (env) => {
    const customer = { name, email: `owner@${name}.example`, state: "active" };
    const [customer_id = 0] = await env.model("platform.customer").create([customer]);
    const common = { customer_id, state: "running", apps: ["base"] } as const;
    const copied = { neutralized: true, origin_key: newId(clock.now(), systemRandom.bytes(10)) };
    const ids = await env.of(Database).create([
      { ...common, name, tenant_id: tenant_id as string },
      { ...common, name: `${name}--side`, tenant_id: of as string, ...copied },
    ]);
    return { customer: customer_id, databaseId: ids[0] as number, copyId: ids[1] as number, tenant_id };
  });
}

const statesOf = async (...ids: readonly number[]) =>
  (await bench.data.reading(controlActor).of(Database).read(ids, ["state"])).map(({ state }) => state);
const changing = <T>(work: Parameters<typeof bench.data.writing<T>>[1]) =>
  bench.data.writing(controlActor, work);

test("to delete is no order to destroy, however often it is said", async () => {
  const { databaseId } = await madeWithCopy("twice");
  const wish = { databaseId, confirm: "twice" };
  await assert.rejects(
    changing((env) => requestDestruction(env, wish)),
    { code: "conflict" },
  );
  const both = await Promise.allSettled([1, 2].map(() => changing((env) => requestEnding(env, wish))));
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(
    changing((env) => requestEnding(env, wish)),
    { code: "conflict" },
  );
  assert.deepEqual(await statesOf(databaseId), ["closed"]);
  await changing((env) => requestDestruction(env, wish));
  assert.deepEqual(await statesOf(databaseId), ["deleting"]);
});

test("copies on the side are closed, opened and deleted with what they are copies of", async () => {
  const { databaseId, copyId } = await madeWithCopy("copied");
  const other = await madeWithCopy("neighbour");
  // Of the same customer, and restored from a backup of another database.
  const cousin = await changing(async (env) => {
    const [row] = await env.of(Database).read([databaseId], ["customer_id"]);
    const fresh = () => newId(clock.now(), systemRandom.bytes(10));
    const key = fresh();
    await env.of(Backup).create([{ key, tenant_id: fresh(), database_name: "x", taken_at: moment() }]);
    const copied = { state: "running", neutralized: true, origin_key: key } as const;
    const common = { customer_id: row?.customer_id.id ?? 0, apps: ["base"], name: "cousin" };
    const made = await env.of(Database).create([{ ...common, ...copied, tenant_id: fresh() }]);
    return made[0] as number;
  });
  const wish = { databaseId, confirm: "copied" };
  await changing((env) => requestEnding(env, wish));
  assert.deepEqual(await statesOf(databaseId, copyId), ["closed", "closed"]);
  await assert.rejects(
    changing((env) => requestReopening(env, copyId)),
    { code: "conflict" },
  );
  await changing((env) => requestReopening(env, databaseId));
  assert.deepEqual(await statesOf(databaseId, copyId), ["running", "running"]);
  await changing((env) => requestEnding(env, wish));
  await changing((env) => requestDestruction(env, wish));
  assert.deepEqual(await statesOf(databaseId, copyId), ["deleting", "deleting"]);
  assert.deepEqual(await statesOf(other.databaseId, other.copyId, cousin), ["running", "running", "running"]);
});

test("a copy that is being made of what is closed meanwhile does not open", async () => {
  const { databaseId, copyId, tenant_id } = await madeWithCopy("late");
  await changing((env) => env.of(Database).write([copyId], { state: "provisioning" }));
  const opening = restoreBackup.steps.at(-1);
  const input = { databaseId: copyId, name: "late--side", apps: ["base"], sourceTenantId: tenant_id };
  const parts = {
    data: bench.data,
    agent: async () => ({ lists: [] }),
    urlOf: () => "https://late",
    catalog: { registry: () => ({ schemaDigest: "d" }) },
  };
  const open = async () => void (await opening?.run({ input, parts } as never));
  await changing((env) => requestEnding(env, { databaseId, confirm: "late" }));
  await assert.rejects(open(), { code: "conflict" });
  assert.deepEqual(await statesOf(copyId), ["provisioning"]);
  await changing((env) => requestReopening(env, databaseId));
  await open();
  assert.deepEqual(await statesOf(copyId), ["running"]);
});

test("a legal hold is refused while a deletion is under way, and one that came first stops it", async () => {
  const { databaseId, customer } = await madeWithCopy("held");
  const hold = (reason: string | null) =>
    changing((env) => setLegalHold(env, { customerId: customer, reason }));
  await changing((env) => requestDeletion(env, databaseId));
  await assert.rejects(hold("case 4711"), { code: "conflict" });
  // As if both had been asked for in the same moment: neither saw the other.
  await changing((env) => env.model("platform.customer").write([customer], { held_since: moment() }));
  const [first] = deleteDatabase.steps;
  const input = { databaseId, name: "held", formerState: "running" };
  const context = { input, parts: { data: bench.data } } as never;
  await assert.rejects(async () => void (await first?.run(context)), { code: "conflict" });
  await first?.undo?.(context);
  assert.deepEqual(await statesOf(databaseId), ["running"]);
  await hold(null);
  await first?.run(context);
  assert.deepEqual(await statesOf(databaseId), ["deleting"]);
});
