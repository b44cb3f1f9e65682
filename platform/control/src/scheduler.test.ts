import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mailModel } from "@holdfast/framework/mail/models";
import { ManualClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { controlActor } from "./actor.ts";
import { tellOfEndingCopies } from "./ending-copies.ts";
import { lateBackups, scheduleBackups } from "./scheduler.ts";
import { operationBench } from "./testing/operation-bench.ts";

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
