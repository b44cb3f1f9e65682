import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createUser } from "@holdfast/app-base/create-user";
import { mailModel } from "@holdfast/framework/mail/models";
import { ManualClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { Alarm } from "@holdfast/panel/alarm";
import { alarmFacts } from "@holdfast/panel/alarm-facts";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { Round } from "@holdfast/panel/round";
import { Vault } from "@holdfast/panel/vault";
import type { lookAtKeystore, lookAtVaults } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import { operationBench } from "../testing/operation-bench.ts";
import { lookOut } from "./look-out.ts";
import { noteRound } from "./rounds.ts";
import { lookEverywhere } from "./start.ts";
import { watchers } from "./watchers.ts";

const hourMs = 3_600_000;
const clock = new ManualClock(Date.now());
const hours = (count: number): void => clock.advance(count * hourMs);
const moment = (): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(clock.now());

let bench: Awaited<ReturnType<typeof operationBench>>;
let databaseIds: number[];
const tenant = (n: number): string => `018f0000-0000-7000-8000-00000000000${n}`;
const place = { data_center: "Paris", city: "Paris", country: "FR", continent: "Europe", provider: "us" };

before(async () => {
  bench = await operationBench({ clock });
  databaseIds = await write(async (env) => {
    const [free = 0, paid = 0] = await env.model("platform.customer").create([
      { name: "acme", email: "a@acme.example", plan: "free" },
      { name: "globex", email: "g@globex.example", plan: "paid" },
    ]);
    await env.of(Vault).create([{ ...place, name: "eu-west" }]);
    await createUser(env, { login: "op@host.example", name: "Op", groups: ["panel.operator"] });
    await createUser(env, { login: "user@host.example", name: "User", groups: ["base.user"] });
    const running = { apps: ["base"], state: "running" } as const;
    return env.of(Database).create([
      { ...running, name: "acme", tenant_id: tenant(1), customer_id: free },
      { ...running, name: "globex", tenant_id: tenant(2), customer_id: paid },
      { ...running, name: "copy", tenant_id: tenant(3), customer_id: free, neutralized: true },
      { ...running, name: "made", tenant_id: tenant(4), customer_id: free, state: "provisioning" },
    ]);
  });
});
after(() => bench.close());
/** All is well: backups, proofs and a vault of this moment. */
beforeEach(async () => {
  await write(async (env) => {
    await env.of(Database).write(databaseIds, { last_stored_at: moment(), last_proven_at: moment() });
    await env.of(Backup).unlink(await env.of(Backup).search([]));
    await env.of(Round).unlink(await env.of(Round).search([]));
    await env.of(mailModel).unlink(await env.of(mailModel).search([]));
    const seen = {
      answers: true,
      last_seen_at: moment(),
      trouble: null,
      free_bytes: null,
      wanted_free_bytes: null,
    };
    await env.of(Vault).write(await env.of(Vault).search([]), seen);
  });
  await look();
  assert.deepEqual(await open(), []);
});

type Environment = Parameters<Parameters<typeof bench.data.writing>[1]>[0];
function write<T>(block: (env: Environment) => Promise<T>): Promise<T> {
  return bench.data.writing(controlActor, block);
}
const look = () => lookOut({ data: bench.data, clock, log: silentLog }, watchers);
const read = () => bench.data.reading(controlActor);
async function open(): Promise<string[]> {
  const alarms = await read()
    .of(Alarm)
    .searchRead([["resolved_at", "=", false]], ["code", "subject", "severity"], { order: "code, subject" });
  return alarms.map(({ code, subject, severity }) => `${severity} ${code} ${subject}`);
}
const mails = () => read().of(mailModel).searchRead([], ["email_to", "subject"], { order: "id" });
const seeVault = (values: Record<string, unknown> = {}) =>
  write(async (env) =>
    env.of(Vault).write(await env.of(Vault).search([]), { last_seen_at: moment(), ...values }),
  );

test("a database without a stored backup is told of by the hours of absence alone, and mailed once for each severity", async () => {
  const stored = { last_proven_at: moment() };
  const only = async (...expected: string[]) => {
    await seeVault();
    await write((env) => env.of(Database).write(databaseIds, { ...stored, last_proven_at: moment() }));
    await look();
    assert.deepEqual(await open(), expected);
  };
  hours(18.9);
  await only();
  hours(0.2);
  await only("notice backup.absent acme", "notice backup.absent globex");
  assert.deepEqual(await mails(), []);
  hours(3);
  await only("warning backup.absent acme", "warning backup.absent globex");
  await only("warning backup.absent acme", "warning backup.absent globex");
  const [first, ...others] = await mails();
  assert.deepEqual([first?.email_to, others.length], ["op@host.example", 0]);
  assert.match(first?.subject ?? "", /^Warning: acme has had no stored backup for 22 hours \(and 1 more\)$/);
  hours(2);
  await only("critical backup.absent acme", "critical backup.absent globex");
  assert.match((await mails())[1]?.subject ?? "", /^Alarm: .* more than the promised 24 hours/);
  await write((env) => env.of(Database).write(databaseIds.slice(0, 1), { last_stored_at: moment() }));
  await only("critical backup.absent globex");
  assert.equal((await mails()).length, 2);
  const [over] = await read()
    .of(Alarm)
    .searchRead([["subject", "=", "acme"]], ["since", "resolved_at", "database_id", "customer_id"]);
  assert.equal(over?.resolved_at?.epochMilliseconds, clock.now());
  assert.equal(Math.round((clock.now() - (over?.since.epochMilliseconds ?? 0)) / hourMs), 24);
  assert.deepEqual([over?.database_id?.displayName, over?.customer_id?.displayName], ["acme", "acme"]);
});

test("a paid database owes a proof every day, any other every week", async () => {
  const proven = moment();
  const at = async (): Promise<string[]> => {
    await seeVault();
    await write((env) =>
      env.of(Database).write(databaseIds, { last_stored_at: moment(), last_proven_at: proven }),
    );
    await look();
    return open();
  };
  hours(20);
  assert.deepEqual(await at(), []);
  hours(1.1);
  assert.deepEqual(await at(), ["warning proof.absent globex"]);
  hours(3);
  assert.deepEqual(await at(), ["critical proof.absent globex"]);
  hours(24 * 5.5);
  assert.deepEqual(await at(), ["warning proof.absent acme", "critical proof.absent globex"]);
});

test("tries that fail one after the other are told of before the hours of absence are over", async () => {
  const tried = (state: "failed" | "stored") =>
    write((env) => {
      const [id = 0] = databaseIds;
      const key = `${Math.random()}`.slice(0, 36);
      return env
        .of(Backup)
        .create([{ key, database_id: id, tenant_id: "1", database_name: "acme", taken_at: moment(), state }]);
    });
  hours(0.5);
  await seeVault();
  await tried("failed");
  await look();
  assert.deepEqual(await open(), []);
  await tried("failed");
  await look();
  assert.deepEqual(await open(), ["warning backup.failing acme"]);
  await write((env) => env.of(Database).write(databaseIds, { last_stored_at: moment() }));
  await look();
  assert.deepEqual(await open(), []);
});

test("a damaged or missing copy is told of with its vault until it is healed", async () => {
  const copyId = await write(async (env) => {
    const [id = 0] = databaseIds;
    const values = { key: "k", tenant_id: "1", database_name: "acme", taken_at: moment() } as const;
    const [backup_id = 0] = await env.of(Backup).create([{ ...values, database_id: id, state: "damaged" }]);
    const [copy = 0] = await env
      .of(BackupCopy)
      .create([{ backup_id, vault: "us-east", state: "damaged", read_back_at: moment() }]);
    return copy;
  });
  await look();
  assert.deepEqual(await open(), ["warning copy.bad acme"]);
  const [alarm] = await read()
    .of(Alarm)
    .searchRead([["resolved_at", "=", false]], ["sentence"]);
  assert.match(alarm?.sentence ?? "", /^1 copy of a backup of acme is damaged, missing or away \(us-east\)/);
  await write((env) => env.of(BackupCopy).write([copyId], { state: "stored" }));
  await look();
  assert.deepEqual(await open(), []);
});

type Looks = OutputOf<typeof lookAtVaults>["vaults"];
let splits = 0;
let recoveryChecked = true;
let places: OutputOf<typeof lookAtKeystore>["places"] = [];
let findings: readonly { kind: string; vault: string; what: string }[] = [];
const well = { name: "eu-west", answers: true, trouble: null, freeBytes: 9e12, wantedFreeBytes: 1e9 };
/** The round of control itself, over an agent whose disks are as said; undefined: the agent is away. */
const lookAround = (vaults?: Looks) =>
  lookEverywhere({
    data: bench.data,
    clock,
    log: silentLog,
    agent: (async ({ name }: { name: string }) => {
      if (vaults === undefined) throw new Error("away");
      if (name === "catalog.audit") return { findings, catalogs: [] };
      if (name === "keystore.look")
        return {
          replicas: places.length,
          away: 0,
          unreadable: 0,
          splitErasures: splits,
          recoveryChecked,
          places,
        };
      if (name === "key.shredded") return { tenants: [] };
      return { vaults };
    }) as Parts["agent"],
  });

test("a vault is told of when it has not answered for ten minutes, takes no writes, or is nearly full", async () => {
  const after_ = async (look_: Partial<Looks[number]>): Promise<string[]> => {
    await lookAround([{ ...well, ...look_ }]);
    return open();
  };
  const away = { answers: false, trouble: "no answer in time", freeBytes: null, wantedFreeBytes: null };
  assert.deepEqual(await after_(away), []);
  clock.advance(10 * 60_000);
  assert.deepEqual(await after_(away), ["warning vault.unseen eu-west"]);
  hours(6);
  assert.deepEqual(await after_(away), ["critical vault.unseen eu-west"]);
  assert.deepEqual(await after_({}), []);
  assert.deepEqual(await after_({ trouble: "EROFS" }), ["critical vault.refuses eu-west"]);
  assert.deepEqual(await after_({ freeBytes: 3e9 }), ["warning vault.full eu-west"]);
  assert.deepEqual(await after_({ freeBytes: 9e8 }), ["critical vault.full eu-west"]);
  assert.deepEqual(await after_({}), []);
});

test("a schedule that does not come round is told of, as is that nobody looks at vaults", async () => {
  await noteRound(bench.data, "schedule backups", 60);
  await lookAround([well]);
  clock.advance(5 * 60_000 + 1_000);
  await lookAround();
  assert.deepEqual(await open(), [
    "critical keystore.replica keystore",
    "critical round.silent look at vaults",
    "critical round.silent schedule backups",
  ]);
  await noteRound(bench.data, "schedule backups", 60);
  await lookAround([well]);
  assert.deepEqual(await open(), []);
});

test("two lists of erased persons are told of until there is one again; an agent that says nothing found none", async () => {
  splits = 1;
  for (let minute = 0; minute < 7; minute++) {
    clock.advance(60_000);
    await noteRound(bench.data, "schedule backups", 60);
    await lookAround([well]);
  }
  assert.deepEqual(await open(), ["critical erasures.split erasures"]);
  splits = 0;
  await lookAround([well]);
  assert.deepEqual(await open(), []);
});

test("that nobody has checked the recovery file is told of after a day, until it is checked, and again after the next root key", async () => {
  const day = async (): Promise<string[]> => {
    clock.advance(24 * hourMs + 60_000);
    await write((env) =>
      env.of(Database).write(databaseIds, { last_stored_at: moment(), last_proven_at: moment() }),
    );
    await lookAround([well]);
    return open();
  };
  recoveryChecked = false;
  await lookAround([well]);
  assert.deepEqual(await open(), []);
  assert.deepEqual(await day(), ["warning recovery.unchecked recovery file"]);
  recoveryChecked = true;
  await lookAround([well]);
  assert.deepEqual(await open(), []);
  assert.deepEqual(await day(), []);
  recoveryChecked = false;
  assert.deepEqual(await day(), ["warning recovery.unchecked recovery file"]);
  recoveryChecked = true;
});

test("a copy of the keystore is told of where it stands on the keystore's own disk, gravely where it was to stand elsewhere", async () => {
  const near = { path: "/mnt/keys", answers: true, sameDisk: true, simulated: true, records: 2 };
  const told = async (place: Partial<(typeof places)[number]>): Promise<string[]> => {
    places = [{ ...near, ...place }];
    await lookAround([well]);
    return open();
  };
  assert.deepEqual(await told({}), ["notice keystore.near /mnt/keys"]);
  assert.deepEqual(await told({ simulated: false }), ["critical keystore.near /mnt/keys"]);
  assert.deepEqual(await told({ simulated: false, sameDisk: false }), []);
  places = [];
});

test("a vault that contradicts its signed catalog is told of until it fits again", async () => {
  hours(7);
  findings = [{ kind: "dropped", vault: "eu-west", what: "a backup is gone" }];
  await lookAround([well]);
  assert.deepEqual(await open(), ["critical catalog.mismatch acme", "critical catalog.mismatch globex"]);
  findings = [{ kind: "away", vault: "eu-west", what: "it is away" }];
  hours(7);
  await lookAround([well]);
  assert.deepEqual(await open(), []);
});

test("that nobody looks for alarms any more is told by whoever reads them, in public without naming anyone", async () => {
  await lookAround([well]);
  assert.deepEqual([(await alarmFacts(read())).isBlind, (await alarmFacts(read())).counts], [false, []]);
  hours(25);
  assert.equal((await alarmFacts(read())).isBlind, true);
  await seeVault();
  await lookAround([well]);
  const facts = await alarmFacts(read());
  assert.equal(facts.isBlind, false);
  assert.deepEqual(
    facts.counts.map(({ code, severity, count }) => [code, severity, count]),
    [
      ["backup.absent", "critical", 2],
      ["proof.absent", "critical", 1],
    ],
  );
  assert.doesNotMatch(JSON.stringify(facts), /acme|globex/);
});

test("a watcher that is blind is an alarm, and what it told of before is not taken for over", async () => {
  hours(25);
  await seeVault();
  await look();
  const before_ = await open();
  const blind = watchers.map((watcher) =>
    watcher.codes.includes("backup.absent")
      ? { ...watcher, look: () => Promise.reject(new Error("no eyes")) }
      : watcher,
  );
  await lookOut({ data: bench.data, clock, log: silentLog }, blind);
  assert.deepEqual(await open(), [...before_, "critical watch.failed backups"].sort(bySubject));
});

const bySubject = (a: string, b: string): number =>
  a.slice(a.indexOf(" ")) < b.slice(b.indexOf(" ")) ? -1 : 1;
