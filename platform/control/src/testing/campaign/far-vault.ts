import assert from "node:assert/strict";
import { join } from "node:path";
import {
  proveCustomerBackup,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { base, damageNewest } from "../fault-case.ts";
import { type Fault, type Scenery, Unnoticed } from "./fault.ts";
import type { Weather } from "./line.ts";
import { FarStage, farFault, farVault, noGateway, S3Stage, SshStage, s3, ssh } from "./remote-stage.ts";
import { forbidden, mountsRefused } from "./vault-harm.ts";
import { expectAlarm, lieKinds, lying, mended } from "./vaults.ts";

/** Longer than a vault may be silent. */
const unseenHours = 0.2;
/** Past the greeting and the keys of SSH, in the middle of what a small backup sends. */
const midObject = 30_000;
/** What the line lets through: a backup of the base customer takes some seconds. */
const slowBytesPerSecond = 100_000;

/** A real server, by the name of its faults. */
interface Far {
  readonly name: string;
  readonly on: Scenery;
  /** Its faults are run with every change. */
  readonly quick: boolean;
  readonly impossible?: string | undefined;
}

const openSsh: Far = { name: "far", on: ssh, quick: true };
const ceph: Far = { name: "far-s3", on: s3, quick: false, impossible: noGateway };

/** A vault on a real server whose line is slow, breaks, cuts or refuses, whose disk is full, or which lies. */
export function farVaultFaults(): Fault[] {
  return [...both(openSsh), ...both(ceph), withoutRight, ...lies(), oldListing];
}

function both(far: Far): Fault[] {
  return [
    through(far, "slow", { kind: "slow", bytesPerSecond: slowBytesPerSecond }, { isStored: true }),
    through(
      far,
      "that refuses connections",
      { kind: "refuses" },
      { alarm: "vault.unseen", inHours: unseenHours },
    ),
    through(far, "that resets every connection in mid-object", reset("up"), { alarm: "copy.bad" }),
    through(far, "that cuts every connection in mid-object", cut("up"), { alarm: "copy.bad" }),
    // S3 sends a part again by itself; an SFTP upload that broke is made anew by the schedule.
    through(
      far,
      "that resets one connection in mid-object",
      { ...reset("up"), times: 1 },
      far === ceph ? { isStored: true } : { alarm: "copy.bad" },
    ),
    through(
      far,
      "that takes connections and says nothing",
      { kind: "silent" },
      { alarm: "copy.bad", isLong: true },
    ),
    through(
      far,
      "that falls silent in mid-object",
      { kind: "stalls", direction: "up", afterBytes: midObject },
      { alarm: "copy.bad", isLong: true },
    ),
    reading(far, "that falls silent once while it is read", {
      kind: "stalls",
      direction: "down",
      afterBytes: midObject,
      times: 1,
    }),
    reading(far, "that resets the connection once while it is read", { ...reset("down"), times: 1 }),
    reading(far, "that ends the connection once while it is read", { ...cut("down"), times: 1 }),
    full(far),
    cutDownload(far),
  ];
}

const reset = (direction: "up" | "down") => ({ kind: "resets", direction, afterBytes: midObject }) as const;
const cut = (direction: "up" | "down") => ({ kind: "cuts", direction, afterBytes: midObject }) as const;

interface Expected {
  readonly alarm?: string;
  readonly inHours?: number;
  /** The weather is bad, and yet the backup gets through. */
  readonly isStored?: true;
  readonly isLong?: true;
}

/** A backup is taken through bad weather: either it is whole there, or it is told; then it is mended by the schedule. */
function through(far: Far, what: string, weather: Weather, expected: Expected): Fault {
  const { alarm = null, isStored = false } = expected;
  const quick = far.quick && expected.isLong !== true;
  const named = { ...far, name: `${far.name}/a line ${what}`, count: 1, quick, alarm };
  return farFault(named, FarStage, async (stage) => {
    const before = await stage.look();
    await stage.line.set(weather);
    try {
      const state = await taken(stage);
      assert.ok(weather.kind === "refuses" || stage.line.hurt > 0, "the weather was felt");
      if (isStored) assert.equal(state, "stored", "what is slow gets there all the same");
      else if (state === "stored") throw new Unnoticed(`${what}: the backup is called stored`);
      if (alarm !== null) await expectAlarm(stage, alarm, expected.inHours);
    } finally {
      await stage.line.set({ kind: "clear" });
    }
    await mended(stage, alarm ?? "copy.bad");
    await stage.judge(before);
  });
}

async function taken({ installation }: FarStage): Promise<string> {
  return installation.askControl(takeCustomerBackup, { customer: base }).then(
    ({ backup }) => backup.state,
    () => "failed",
  );
}

/** A line that breaks while a copy is read back: it is read on from where it broke, and found whole. */
function reading(far: Far, what: string, weather: Weather): Fault {
  const quick = far.quick && weather.kind !== "stalls";
  const named = { ...far, name: `${far.name}/a line ${what}`, count: 1, quick, alarm: null };
  return farFault(named, FarStage, async (stage) => {
    const before = await stage.look();
    await stage.line.set(weather);
    try {
      const { backup } = await stage.installation.askControl(verifyCustomerBackup, { customer: base });
      assert.ok(stage.line.hurt > 0, "the weather was felt");
      const far = backup.copies.find((copy) => copy.vault === farVault);
      assert.deepEqual([backup.state, far?.state], ["stored", "stored"], "it is read on from where it broke");
    } finally {
      await stage.line.set({ kind: "clear" });
    }
    await stage.judge(before);
  });
}

/** The vault's disk is full: the others keep the backup, it is told, and copied by the schedule once there is room. */
function full(far: Far): Fault {
  const impossible = far.impossible ?? (far === ceph ? undefined : mountsRefused());
  const named = { ...far, name: `${far.name}/its disk is full`, count: 1, alarm: "copy.bad", impossible };
  return farFault(named, FarStage, (stage) => harmed(stage, () => stage.fill()));
}

const withoutRight: Fault = farFault(
  {
    ...openSsh,
    name: "far/its writer lost the right to write",
    count: 1,
    alarm: "copy.bad",
    impossible: process.getuid?.() === 0 ? undefined : "only root gives folders away",
  },
  SshStage,
  (stage) =>
    harmed(stage, async () => {
      const mend = forbidden(join(stage.farFolder, "incoming"));
      return async () => mend();
    }),
);

async function harmed(stage: FarStage, harm: () => Promise<() => Promise<void>>): Promise<void> {
  const before = await stage.look();
  const mend = await harm();
  try {
    if ((await taken(stage)) === "stored") throw new Unnoticed("the backup is called stored");
    await expectAlarm(stage, "copy.bad");
  } finally {
    await mend();
  }
  await mended(stage, "copy.bad");
  await stage.judge(before);
}

/** Those that any server can tell: what is in a folder is the same story as in a directory vault. */
const remoteLies = [
  "an old listing, without the newest backup",
  "an older backup replayed under the newest's name",
  "a backup cut in half",
  "a pipe in a backup's place",
];

function lies(): Fault[] {
  return remoteLies.map((what) =>
    farFault({ ...openSsh, name: `far/lies: ${what}`, count: 1, alarm: "copy.bad" }, SshStage, (stage) => {
      const harm = lieKinds[what];
      assert.ok(harm, `there is such a lie: ${what}`);
      return lying(stage, harm, { what, store: join(stage.farFolder, "store") });
    }),
  );
}

/** What an S3 provider lost comes back from another vault by the schedule. */
const oldListing: Fault = farFault(
  { ...ceph, name: "far-s3/lies: an old listing, without the newest backup", count: 1, alarm: "copy.bad" },
  S3Stage,
  async (stage) => {
    const { installation } = stage;
    await installation.askControl(takeCustomerBackup, { customer: base });
    const before = await stage.look();
    await stage.forgetNewest();
    const { backup } = await installation.askControl(verifyCustomerBackup, { customer: base });
    if (backup.state === "stored") throw new Unnoticed("reading back calls it stored");
    await expectAlarm(stage, "copy.bad");
    await mended(stage, "copy.bad");
    await stage.judge(before);
  },
);

/** The only whole copy lies behind a line that resets: a proof reads on where it broke. */
function cutDownload(far: Far): Fault {
  const what = "the only whole copy lies behind a line that resets: a proof gets through it";
  return farFault({ ...far, name: `${far.name}/${what}`, count: 1, alarm: null }, FarStage, async (stage) => {
    const { installation } = stage;
    const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
    const { backupId } = backup;
    const before = await stage.look();
    const near = ["eu-west", "eu-north", "us-east"];
    for (const vault of near) await damageNewest(installation, vault);
    await stage.line.set({ ...reset("down"), times: 2 });
    try {
      const proven = await installation.askControl(proveCustomerBackup, { customer: base, backupId });
      assert.equal(proven.backup.proven, true);
      assert.ok(stage.line.hurt > 0, "the weather was felt");
    } finally {
      await stage.line.set({ kind: "clear" });
      for (const vault of near) await damageNewest(installation, vault, base, -1);
    }
    await installation.askControl(verifyCustomerBackup, { customer: base });
    await stage.judge(before);
  });
}
