import assert from "node:assert/strict";
import { join } from "node:path";
import {
  listCustomerBackups,
  proveCustomerBackup,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { base, damageNewest } from "../fault-case.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import type { Weather } from "./line.ts";
import { farFault, farVault, type SshStage } from "./remote-stage.ts";
import { forbidden, mountsRefused, smallDiskOver } from "./vault-harm.ts";
import { expectAlarm, lieKinds, lying, mended } from "./vaults.ts";

/** Longer than a vault may be silent. */
const unseenHours = 0.2;
/** Past the greeting and the keys of SSH, in the middle of what a small backup sends. */
const midObject = 30_000;
/** What the line lets through: a backup of the base customer takes some seconds. */
const slowBytesPerSecond = 100_000;

/** A vault on a real SFTP server whose line is slow, breaks, cuts or refuses, whose disk is full, or which lies. */
export function farVaultFaults(): Fault[] {
  return [
    through("slow", { kind: "slow", bytesPerSecond: slowBytesPerSecond }, { isStored: true }),
    through("that refuses connections", { kind: "refuses" }, { alarm: "vault.unseen", inHours: unseenHours }),
    through("that resets every connection in mid-object", reset("up"), { alarm: "copy.bad" }),
    through("that cuts every connection in mid-object", cut("up"), { alarm: "copy.bad" }),
    through("that resets one connection in mid-object", { ...reset("up"), times: 1 }, { alarm: "copy.bad" }),
    through(
      "that takes connections and says nothing",
      { kind: "silent" },
      { alarm: "copy.bad", isLong: true },
    ),
    reading("that resets the connection once while it is read", { ...reset("down"), times: 1 }),
    reading("that ends the connection once while it is read", { ...cut("down"), times: 1 }),
    full,
    withoutRight,
    ...lies(),
    cutDownload,
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
function through(what: string, weather: Weather, expected: Expected): Fault {
  const { alarm = null, isStored = false } = expected;
  return farFault(
    { name: `far/a line ${what}`, count: 1, quick: expected.isLong !== true, alarm },
    async (stage) => {
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
    },
  );
}

async function taken({ installation }: SshStage): Promise<string> {
  return installation.askControl(takeCustomerBackup, { customer: base }).then(
    ({ backup }) => backup.state,
    () => "failed",
  );
}

/** A line that breaks while a copy is read back: it is read on from where it broke, and found whole. */
function reading(what: string, weather: Weather): Fault {
  return farFault({ name: `far/a line ${what}`, count: 1, quick: true, alarm: null }, async (stage) => {
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
const full: Fault = farFault(
  {
    name: "far/its disk is full",
    count: 1,
    quick: true,
    alarm: "copy.bad",
    impossible: mountsRefused(),
  },
  (stage) => harmed(stage, () => smallDiskOver(join(stage.farFolder, "incoming"), "size=1m")),
);

const withoutRight: Fault = farFault(
  {
    name: "far/its writer lost the right to write",
    count: 1,
    quick: true,
    alarm: "copy.bad",
    impossible: process.getuid?.() === 0 ? undefined : "only root gives folders away",
  },
  (stage) => harmed(stage, () => forbidden(join(stage.farFolder, "incoming"))),
);

async function harmed(stage: SshStage, harm: () => () => void): Promise<void> {
  const before = await stage.look();
  const mend = harm();
  try {
    if ((await taken(stage)) === "stored") throw new Unnoticed("the backup is called stored");
    await expectAlarm(stage, "copy.bad");
  } finally {
    mend();
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
    farFault({ name: `far/lies: ${what}`, count: 1, quick: true, alarm: "copy.bad" }, (stage) => {
      const harm = lieKinds[what];
      assert.ok(harm, `there is such a lie: ${what}`);
      return lying(stage, harm, { what, store: join(stage.farFolder, "store") });
    }),
  );
}

/** The only whole copy lies behind a line that resets: a proof reads on where it broke, or refuses and leaves nothing. */
const cutDownload: Fault = farFault(
  {
    name: "far/the only whole copy lies behind a line that resets: a proof gets through it",
    count: 1,
    quick: true,
    alarm: null,
  },
  async (stage) => {
    const { installation } = stage;
    await installation.askControl(takeCustomerBackup, { customer: base });
    const before = await stage.look();
    const near = ["eu-west", "eu-north", "us-east"];
    for (const vault of near) await damageNewest(installation, vault);
    await stage.line.set({ ...reset("down"), times: 2 });
    try {
      const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
      const proven = await installation.askControl(proveCustomerBackup, {
        customer: base,
        backupId: backups[0]?.backupId,
      });
      assert.equal(proven.backup.proven, true);
      assert.ok(stage.line.hurt > 0, "the weather was felt");
    } finally {
      await stage.line.set({ kind: "clear" });
      for (const vault of near) await damageNewest(installation, vault, base, -1);
    }
    await installation.askControl(verifyCustomerBackup, { customer: base });
    await stage.judge(before);
  },
);
