import assert from "node:assert/strict";
import { chmodSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Operation } from "@holdfast/panel/operation";
import {
  createCustomer,
  deleteCustomer,
  forgetReplaced,
  healCustomerBackup,
  listCustomerBackups,
  listCustomers,
  listOperations,
  proveCustomerBackup,
  restoreCustomerBackup,
  restoreOverLive,
  takeCustomerBackup,
  undoLastRestore,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { controlActor } from "../actor.ts";
import type { Installation } from "./installation.ts";
import { change, snapshot, withControlData } from "./snapshot.ts";

const endMilliseconds = 60_000;

/** One kind of operation as a person asks for it, with what has to be there before. */
export interface Story {
  readonly kind: string;
  /** Before each request, undisturbed. */
  prepare?(installation: Installation): Promise<unknown>;
  /** Asks control and waits for the end; rejected when control dies meanwhile. */
  request(installation: Installation): Promise<unknown>;
  /** Afterwards, undisturbed: takes away what the request made. */
  tidy?(installation: Installation): Promise<unknown>;
  /** Lines of what came and went that may stay or not: a safety backup that was stored is a backup. */
  readonly mayStay?: RegExp;
}

/** The customer of whom backups are taken; made once by {@link makeBase}. */
export const base = "base";
/** The customer, or copy, that comes and goes. */
export const name = "acme";

const create = (installation: Installation): Promise<unknown> =>
  installation.askControl(createCustomer, { name, demoData: true });
const remove = (installation: Installation): Promise<unknown> =>
  installation.askControl(deleteCustomer, { name });

const restoreOver = (installation: Installation): Promise<unknown> =>
  installation.askControl(restoreOverLive, { customer: base, confirm: base });
const undo = (installation: Installation): Promise<unknown> =>
  installation.askControl(undoLastRestore, { customer: base, confirm: base });
const forget = (installation: Installation): Promise<unknown> =>
  installation.askControl(forgetReplaced, { customer: base, confirm: base });

/** A story for every kind of operation; a test checks that none is missing. */
export const stories: readonly Story[] = [
  { kind: "customer.create", request: create, tidy: remove },
  {
    kind: "backup.take",
    request: (installation) => installation.askControl(takeCustomerBackup, { customer: base }),
  },
  {
    kind: "backup.verify",
    request: (installation) => installation.askControl(verifyCustomerBackup, { customer: base }),
  },
  {
    kind: "backup.restore",
    request: (installation) => installation.askControl(restoreCustomerBackup, { customer: base, as: name }),
    tidy: remove,
  },
  {
    kind: "backup.restore_over",
    request: restoreOver,
    tidy: forget,
    mayStay: /ID\.hfb|row of (backup|copy of) ID/,
  },
  {
    kind: "backup.prove",
    request: (installation) => installation.askControl(proveCustomerBackup, { customer: base }),
  },
  { kind: "restore.undo", prepare: restoreOver, request: undo, tidy: forget },
  { kind: "restore.forget", prepare: restoreOver, request: forget },
  {
    kind: "backup.heal",
    prepare: async (installation) => {
      await damageNewest(installation);
      await installation.askControl(verifyCustomerBackup, { customer: base });
    },
    request: (installation) => installation.askControl(healCustomerBackup, { customer: base }),
  },
  // A deletion that was cancelled leaves its customer to the next one.
  {
    kind: "database.delete",
    prepare: async (installation) => {
      const { customers } = await installation.askControl(listCustomers, {});
      if (customers.every((customer) => customer.name !== name)) await create(installation);
    },
    request: remove,
  },
];

/** Makes the customer that the stories need, with a proven backup. */
export async function makeBase(installation: Installation): Promise<void> {
  await installation.askControl(createCustomer, { name: base, demoData: true });
  await installation.askControl(takeCustomerBackup, { customer: base });
  await installation.askControl(restoreCustomerBackup, { customer: base, as: name });
  await remove(installation);
}

/** Changes one byte of a copy of the base customer's newest backup, behind everybody's back. */
export async function damageNewest(
  installation: Installation,
  vault = "eu-west",
  customer = base,
): Promise<void> {
  const { backups } = await installation.askControl(listCustomerBackups, { customer });
  const newest = backups.find(({ state }) => ["stored", "partial", "damaged"].includes(state));
  const store = join(installation.folder.vaults, vault, "store");
  const [path] = globSync(`*/${newest?.backupId}.hfb`, { cwd: store }).map((name) => join(store, name));
  assert.ok(path, `there is a copy in ${vault} to damage`);
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8((bytes.readUInt8(at) + 1) & 0xff, at);
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}

/** How an operation ended and what it left. */
export interface Outcome {
  readonly state: string;
  readonly message: string | null;
  readonly change: readonly string[];
}

/** The story without any fault: what every disturbed run is compared with. */
export function undisturbed(installation: Installation, story: Story): Promise<Outcome> {
  return observe(installation, story, async () => {
    await story.request(installation);
  });
}

/** Kills control at a point, starts it again and waits for the end. */
export function killedAt(installation: Installation, story: Story, point: string): Promise<Outcome> {
  return observe(installation, story, async () => {
    await dieAt(installation, point, () => story.request(installation));
    await installation.startControl();
  });
}

/** As {@link killedAt}, but somebody has cancelled the operation before control is started again. */
export function cancelledAt(
  installation: Installation,
  story: Story,
  { point, dyingAgainAt }: { readonly point: string; readonly dyingAgainAt?: string },
): Promise<Outcome> {
  return observe(installation, story, async () => {
    await dieAt(installation, point, () => story.request(installation));
    await cancelOpen(installation, story.kind);
    if (dyingAgainAt !== undefined) await dieAt(installation, dyingAgainAt);
    await installation.startControl();
  });
}

/** Lets a step fail for good, waits for the end, and starts control without the fault. */
export function failingAt(installation: Installation, story: Story, step: string): Promise<Outcome> {
  return observe(installation, story, async () => {
    await installation.control.kill();
    await installation.startControl(`${story.kind}/${step}/begin:fail`);
    await assert.rejects(story.request(installation), { message: /a fault test wanted this step to fail/ });
    await installation.control.kill();
    await installation.startControl();
  });
}

/**
 * One operation, killed at each of these points in turn: each start of control takes it up where the
 * former death left it. Cheaper than a run for each point, and harder on the operation.
 */
export function killedAtEach(
  installation: Installation,
  story: Story,
  points: readonly string[],
): Promise<Outcome> {
  return observe(installation, story, async () => {
    const [first = "", ...others] = points;
    await dieAt(installation, first, () => story.request(installation));
    for (const point of others) await dieAt(installation, point);
    await installation.startControl();
  });
}

/** The same, then cancelled at its last step and killed at each point of its undoing in turn. */
export function undoneKilledAtEach(
  installation: Installation,
  story: Story,
  { last, points }: { readonly last: string; readonly points: readonly string[] },
): Promise<Outcome> {
  return observe(installation, story, async () => {
    await dieAt(installation, last, () => story.request(installation));
    await cancelOpen(installation, story.kind);
    for (const point of points) await dieAt(installation, point);
    await installation.startControl();
  });
}

/** Does something between two snapshots and tells how the newest operation of the kind ended. */
export async function observe(
  installation: Installation,
  story: Story,
  disturb: () => Promise<void>,
): Promise<Outcome> {
  await story.prepare?.(installation);
  const before = await snapshot(installation);
  await disturb();
  const { state, message } = await ended(installation, story.kind);
  const lines = change(before, await snapshot(installation));
  const outcome = { state, message, change: lines.filter((line) => !story.mayStay?.test(line)) };
  if (state === "done") await story.tidy?.(installation);
  return outcome;
}

async function dieAt(
  installation: Installation,
  point: string,
  request: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  await installation.control.kill();
  const control = await installation.startControl(point);
  const asked = control.alive ? request().then(String, String) : "";
  const late = wait(endMilliseconds, undefined, { ref: false });
  const ending = await Promise.race([control.ended, late]);
  if (ending === undefined) assert.fail(`control never came to ${point}\n${control.output}`);
  assert.equal(ending.signal, "SIGKILL", control.output);
  await asked;
}

/** Writes the wish down where control reads it; control is dead, so that the moment is exact. */
function cancelOpen(installation: Installation, kind: string): Promise<void> {
  return withControlData(installation, (data) =>
    data.writing(controlActor, async (env) => {
      const open = await env.of(Operation).search([
        ["kind", "=", kind],
        ["ended_at", "=", false],
      ]);
      assert.equal(open.length, 1, `one ${kind} is open`);
      await env.of(Operation).write(open, { cancel_requested: true });
    }),
  );
}

/** Waits until no operation is open. @returns the newest of the kind. */
export async function ended(installation: Installation, kind: string) {
  const deadline = performance.now() + endMilliseconds;
  for (;;) {
    const { operations } = await installation.askControl(listOperations, { limit: 50 });
    const open = operations.filter(({ endedAt }) => endedAt === null);
    const newest = operations.find((operation) => operation.kind === kind);
    if (open.length === 0 && newest) return newest;
    assert.ok(
      performance.now() < deadline,
      `operations ended in time: ${JSON.stringify(open)}\n${installation.control.output}`,
    );
    await wait(50);
  }
}

/** What an undone operation leaves: of a backup the note that it was tried, else nothing. */
export function unmade(story: Story): string[] {
  return story.kind === "backup.take" ? ["+ row of backup ID: failed of base"] : [];
}
