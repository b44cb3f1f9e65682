import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { showCustomer } from "@holdfast/protocol/control-methods";
import { type UploadStep, uploadPoints, uploadSteps } from "../../uploads/upload-steps.ts";
import { base, name } from "../fault-case.ts";
import { jobProcesses } from "../snapshot.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import { type Inventory, linesOf } from "./inventory.ts";
import type { Stage } from "./stage.ts";
import { type Becomes, type Ended, newCustomer, nothingPlain, Sender, zipOf } from "./uploading.ts";

const limitMilliseconds = 300_000;

/** One way of a zip that comes by pieces, with the steps that it takes. */
interface Story {
  readonly story: string;
  readonly as: Becomes;
  readonly steps: readonly UploadStep[];
  /** What is sent. */
  readonly zip?: (stage: Stage, whole: Buffer) => Buffer;
  /** Does all of it; rejected when control dies meanwhile. */
  readonly ask: (sender: Sender) => Promise<Ended | undefined>;
  /** What has to have come of it. */
  readonly seen: (stage: Stage, ended: Ended | undefined, looks: Looks) => Promise<void>;
}

interface Looks {
  readonly before: Inventory;
  readonly after: Inventory;
}

const { sending, toNewCustomer, takingIn, restoring, refusing, ending, dropping } = uploadSteps;
const sendAndTake = (sender: Sender) => sender.sendAndTake();

/** Every step of {@link uploadSteps} belongs to a story; a test checks that none is missing. */
export const uploadStories: readonly Story[] = [
  {
    story: "a backup of its customer",
    as: null,
    steps: [...sending, ...takingIn, ...ending],
    ask: sendAndTake,
    seen: isBackup,
  },
  {
    story: "a new customer",
    as: newCustomer,
    steps: [...toNewCustomer, ...takingIn, ...restoring],
    ask: sendAndTake,
    seen: isCustomer,
  },
  {
    story: "no new customer, with one changed byte",
    as: newCustomer,
    steps: refusing,
    zip: changed,
    ask: sendAndTake,
    seen: isRefused,
  },
  {
    story: "nothing, when it is cancelled",
    as: null,
    steps: dropping,
    ask: async (sender) => {
      await sender.send();
      await sender.drop();
      return undefined;
    },
    seen: async (_stage, _ended, looks) => nothingMore(looks),
  },
];

/** Zips by pieces: control, agent and job killed at every step, and pieces damaged where they lie. */
export function uploadFaults(): Fault[] {
  return [
    ...uploadStories.flatMap((story) => [chain(story), ...singles(story)]),
    ...Object.entries(killers).map(([what, kill]) => killed(what, kill)),
    ...Object.entries(damages).map(([what, damage]) => damaged(what, damage)),
  ];
}

const pointsOf = ({ steps }: Story): string[] => steps.flatMap(uploadPoints);

/** One zip, killed before each step in turn: what a step has done is there when it is killed before the next one. */
function chain(story: Story): Fault {
  const points = story.steps.flatMap((step) => uploadPoints(step).slice(0, 1));
  return {
    name: `upload/it becomes ${story.story}, killed before each of its steps`,
    count: points.length,
    quick: true,
    alarm: null,
    run: (stage) => tell(stage, story, points),
  };
}

function singles(story: Story): Fault[] {
  return pointsOf(story).map((point) => ({
    name: `${point}: killed, and it becomes ${story.story}`,
    count: 1,
    quick: false,
    alarm: null,
    run: (stage) => tell(stage, story, [point]),
  }));
}

/** Sends a zip, lets control die at each point in turn, goes on each time, and looks what came of it. */
async function tell(stage: Stage, story: Story, points: readonly string[]): Promise<void> {
  const whole = await zipOf(stage);
  const zip = story.zip?.(stage, whole) ?? whole;
  const sender = new Sender(stage, zip, story.as);
  await ends(stage, story, { sender, zip }, async () => {
    for (const point of points) {
      await dieAt(stage, point, () => story.ask(sender));
      nothingPlain(stage, zip);
      await stage.installation.startControl();
    }
    return story.ask(sender);
  });
}

async function ends(
  stage: Stage,
  { seen }: Pick<Story, "seen">,
  { sender, zip }: { readonly sender: Sender; readonly zip: Buffer },
  work: () => Promise<Ended | undefined>,
): Promise<void> {
  const before = await stage.look();
  const ended = await work();
  nothingPlain(stage, zip);
  await sender.drop();
  await stage.untilIdle();
  const after = await stage.judge(before);
  await seen(stage, ended, { before, after });
}

async function dieAt({ installation }: Stage, point: string, ask: () => Promise<unknown>): Promise<void> {
  const { control } = installation;
  installation.armControl(point);
  const asked = ask().then(
    () => assert.fail(`it came to its end, and control never to ${point}`),
    (error: unknown) => error,
  );
  const error = await asked;
  const late = wait(limitMilliseconds, undefined, { ref: false });
  const ending = await Promise.race([control.ended, late]);
  assert.equal(ending?.signal, "SIGKILL", `control never came to ${point}: ${error}\n${control.output}`);
}

const isImported = /^(row of backup \S+: (stored|failed) of base|row of copy of .*|object \S+\.hfb in .*)$/;

function more({ before, after }: Looks): string[] {
  const had = new Set(linesOf(before));
  return linesOf(after).filter((line) => !had.has(line));
}

async function isBackup(_stage: Stage, ended: Ended | undefined, looks: Looks): Promise<void> {
  assert.ok(ended !== undefined && "backupId" in ended, JSON.stringify(ended));
  assert.equal(ended.state, "stored");
  assert.ok(looks.after.rows.backups.some(({ key, state }) => key === ended.backupId && state === "stored"));
  assert.deepEqual(
    more(looks).filter((line) => !isImported.test(line)),
    [],
  );
}

/** Of its own data: one contact more than the customer has by now that the zip is of. */
async function isCustomer(
  { installation }: Stage,
  _ended: Ended | undefined,
  { after }: Looks,
): Promise<void> {
  const contacts = async (customer: string): Promise<number | undefined> => {
    const { tenantId } = await installation.askControl(showCustomer, { name: customer });
    return after.content[`t_${tenantId.replaceAll("-", "")}`]?.["res_partner"]?.rows;
  };
  assert.equal(await contacts(name), ((await contacts(base)) ?? 0) + 1);
}

async function isRefused(_stage: Stage, ended: Ended | undefined, { after }: Looks): Promise<void> {
  if (ended !== undefined && "backupId" in ended)
    throw new Unnoticed("a byte of a zip was changed, and it was taken in");
  assert.deepEqual(
    after.rows.customers.filter((customer) => customer.name === name),
    [],
  );
}

async function nothingMore(looks: Looks): Promise<void> {
  assert.deepEqual(more(looks), []);
}

/** Inside dump.sql: what zip itself says of its entries comes at the end. */
function changed(stage: Stage, whole: Buffer): Buffer {
  const zip = Buffer.from(whole);
  const at = Math.floor(zip.byteLength * (0.2 + 0.3 * stage.random()));
  zip[at] = (zip[at] ?? 0) ^ 1;
  return zip;
}

const killers: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "its job is killed": async ({ installation }) => {
    for (const pid of jobProcesses(installation)) end(pid);
  },
  "the agent is killed": async ({ installation }) => {
    await installation.agent.kill();
    await installation.startAgent();
  },
  "agent and control are killed at once": async ({ installation }) => {
    await Promise.all([installation.agent.kill(), installation.control.kill()]);
    await installation.startAgent();
    await installation.startControl();
  },
};

/** While a job is at work on it: whoever has it taken in again has it taken in. */
function killed(what: string, kill: (stage: Stage) => Promise<void>): Fault {
  return {
    name: `upload/it is being taken in, and ${what}`,
    count: 1,
    quick: true,
    alarm: null,
    run: async (stage) => {
      const zip = await zipOf(stage);
      const sender = new Sender(stage, zip);
      await ends(stage, { seen: isBackup }, { sender, zip }, async () => {
        const first = sender.sendAndTake().catch(() => undefined);
        for (const deadline = performance.now() + limitMilliseconds; ; await wait(5)) {
          if (jobProcesses(stage.installation).length > 0) break;
          assert.ok(performance.now() < deadline, "a job was started");
        }
        await kill(stage);
        return (await first) ?? sender.sendAndTake();
      });
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was quicker.
  }
}

/** What is done to the file of sealed blocks of a zip that is here whole. */
const damages: Readonly<Record<string, (bytes: Buffer, luck: () => number) => Buffer>> = {
  "a byte of a piece is another": (bytes, luck) => {
    const at = Math.floor(luck() * bytes.byteLength);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  },
  "pieces are cut off": (bytes, luck) => bytes.subarray(0, Math.floor(luck() * bytes.byteLength)),
  "pieces lie in another order": (bytes) =>
    Buffer.concat([bytes.subarray(bytes.byteLength >> 1), bytes.subarray(0, bytes.byteLength >> 1)]),
  "pieces are nought": (bytes, luck) => bytes.fill(0, Math.floor(luck() * (bytes.byteLength - 1))),
};

/** Nothing damaged is taken in: it is named and sent anew, whether control sees it at its start or only on reading. */
function damaged(what: string, damage: (bytes: Buffer, luck: () => number) => Buffer): Fault {
  return {
    name: `upload/${what}`,
    count: 2,
    quick: true,
    alarm: null,
    run: async (stage) => {
      for (const restarted of [false, true]) await damageOnce(stage, { damage, restarted });
    },
  };
}

async function damageOnce(
  stage: Stage,
  how: { readonly damage: (bytes: Buffer, luck: () => number) => Buffer; readonly restarted: boolean },
): Promise<void> {
  const { installation, random } = stage;
  const zip = await zipOf(stage);
  const sender = new Sender(stage, zip);
  await ends(stage, { seen: isBackup }, { sender, zip }, async () => {
    await sender.send();
    if (how.restarted) await installation.control.kill();
    const path = blocksOf(installation.folder.uploads);
    writeFileSync(path, how.damage(readFileSync(path), random));
    if (how.restarted) await installation.startControl();
    const there = (await sender.look())?.offset ?? 0;
    const first = await sender.sendAndTake();
    if (there === zip.byteLength && !("error" in first)) throw new Unnoticed("damaged pieces were taken in");
    if ("backupId" in first) return first;
    assert.match(first.error.message, /can no longer be read/);
    await sender.drop();
    return sender.sendAndTake();
  });
}

function blocksOf(uploads: string): string {
  const found = readdirSync(uploads, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".blocks"),
  );
  const [path] = found;
  assert.ok(path !== undefined && found.length === 1, `one upload is kept: ${found.join()}`);
  return join(uploads, path);
}
