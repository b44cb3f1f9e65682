import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  listCustomerBackups,
  proveCustomerBackup,
  restoreCustomerBackup,
  restoreOverLive,
  takeCustomerBackup,
  verifyCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { base, name } from "../fault-case.ts";
import type { Installation } from "../installation.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import { linesOf } from "./inventory.ts";
import type { Stage } from "./stage.ts";
import {
  copied,
  forbidden,
  fullDiskOver,
  gone,
  type Mend,
  mountsRefused,
  readOnly,
  replaced,
  smallDiskOver,
  swapped,
  unmounted,
} from "./vault-harm.ts";

const vault = "eu-west";
const vaults = ["eu-west", "eu-north", "us-east"] as const;
/** Longer than a vault may be silent. */
const unseenHours = 0.2;

/** Vaults that are full, away, read-only or forbidden while a backup is taken, and vaults that lie about what they have. */
export function vaultFaults(): Fault[] {
  const noMounts = mountsRefused();
  const folder = (installation: Installation, ...parts: string[]): string =>
    join(installation.folder.vaults, vault, ...parts);
  const disk = { needs: noMounts };
  return [
    taking(
      "full disk in the spool",
      "vault.full",
      (at) => smallDiskOver(folder(at, "incoming"), "size=8k"),
      disk,
    ),
    taking(
      "no inode left in the spool",
      "copy.bad",
      (at) => smallDiskOver(folder(at, "incoming"), "size=900m,nr_inodes=2"),
      { ...disk, isLong: true },
    ),
    taking("full disk in the vault", "vault.full", (at) => fullDiskOver(folder(at), 256 * 1024), disk),
    taking("a vault that became read-only", "vault.refuses", (at) => readOnly(folder(at)), disk),
    taking("a vault that is not mounted", "vault.unseen", (at) => unmounted(folder(at)), {
      inHours: unseenHours,
    }),
    taking("a vault that is gone", "vault.unseen", (at) => gone(folder(at)), { inHours: unseenHours }),
    taking("a vault whose writer lost its right", "copy.bad", (at) => forbidden(folder(at, "incoming")), {
      needs: process.getuid?.() === 0 ? undefined : "only root gives folders away",
    }),
    ...lies(),
    everywhere,
  ];
}

interface Options {
  /** Waits for something to give up. */
  readonly isLong?: boolean;
  /** The alarm may need time: looked for as if so much had passed. */
  readonly inHours?: number;
  readonly needs?: string | undefined;
}

/** A backup is taken while one vault is harmed: it is not called stored, the alarm comes, and once mended all is well by itself. */
function taking(what: string, alarm: string, harm: (at: Installation) => Mend, options: Options = {}): Fault {
  return {
    name: `vault/${what}`,
    count: 1,
    quick: options.isLong !== true,
    alarm,
    impossible: options.needs,
    run: async (stage) => {
      const { installation } = stage;
      const before = await stage.look();
      const mend = harm(installation);
      try {
        const state = await installation.askControl(takeCustomerBackup, { customer: base }).then(
          ({ backup }) => backup.state,
          () => "failed",
        );
        if (state === "stored") throw new Unnoticed(`${what}: the backup is called stored`);
        await expectAlarm(stage, alarm, options.inHours);
      } finally {
        mend();
      }
      await mended(stage, alarm);
      await stage.judge(before);
    },
  };
}

/** @throws Unnoticed unless the watchers of control tell of it. */
export async function expectAlarm(stage: Stage, code: string, inHours = 0): Promise<void> {
  const found = await stage.alarmsIn(inHours);
  if (found.some((condition) => condition.code === code)) return;
  throw new Unnoticed(`no alarm ${code}; there are ${found.map((each) => each.code).join(", ") || "none"}`);
}

/** By its schedule alone what is missing is copied, the alarm is over, and the next backup is stored everywhere. */
export async function mended(stage: Stage, code: string): Promise<void> {
  const { installation } = stage;
  await stage.healBySchedule();
  const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
  const hurt = backups.filter(({ state }) => state === "partial" || state === "damaged");
  assert.deepEqual(hurt, [], "once its vault is back every backup is stored, and nobody asked for it");
  const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
  assert.equal(backup.state, "stored");
  const left = (await stage.alarmsIn(0)).filter((condition) => condition.code === code);
  assert.deepEqual(left, [], "the alarm resolves by itself");
}

/** What a vault may have under the name of the newest backup instead of it. Two backups are there: [newest, older]. */
export const lieKinds: Readonly<Record<string, (paths: readonly [string, string]) => Mend>> = {
  "an old listing, without the newest backup": ([newest]) => replaced(newest, () => undefined),
  "an older backup replayed under the newest's name": ([newest, older]) => replaced(newest, copied(older)),
  "two backups swapped": ([newest, older]) => swapped(newest, older),
  "a backup cut by its last byte": ([newest]) =>
    replaced(
      newest,
      rewritten((bytes) => bytes.subarray(0, -1)),
    ),
  "a backup cut in half": ([newest]) =>
    replaced(
      newest,
      rewritten((bytes) => bytes.subarray(0, bytes.length >> 1)),
    ),
  "a backup of zero bytes": ([newest]) =>
    replaced(
      newest,
      rewritten(() => Buffer.alloc(0)),
    ),
  "a backup with a byte more": ([newest]) =>
    replaced(
      newest,
      rewritten((bytes) => Buffer.concat([bytes, Buffer.from([0])])),
    ),
  "a folder in a backup's place": ([newest]) => replaced(newest, (path) => mkdirSync(path)),
  "a link in a backup's place": ([newest]) => replaced(newest, (path) => symlinkSync("/etc/hostname", path)),
  "a pipe in a backup's place": ([newest]) => replaced(newest, (path) => execFileSync("mkfifo", [path])),
};

/** @returns what writes the changed bytes of the object that was moved aside. */
function rewritten(change: (bytes: Buffer) => Buffer): (path: string) => void {
  return (path) => writeFileSync(path, change(readFileSync(`${path}.aside`)), { mode: 0o444 });
}

function lies(): Fault[] {
  return Object.entries(lieKinds).map(([what, harm]) => ({
    name: `vault/lies: ${what}`,
    count: 1,
    quick: true,
    alarm: "copy.bad",
    run: (stage) =>
      lying(stage, harm, { what, store: join(stage.installation.folder.vaults, vault, "store") }),
  }));
}

/** A vault has something else than what it took: reading back finds it, the alarm comes; what was put back is whole. */
export async function lying(
  stage: Stage,
  harm: (paths: readonly [string, string]) => Mend,
  { what, store }: { readonly what: string; readonly store: string },
): Promise<void> {
  const { installation } = stage;
  await installation.askControl(takeCustomerBackup, { customer: base });
  await installation.askControl(takeCustomerBackup, { customer: base });
  const before = await stage.look();
  const paths = await objectsIn(installation, store);
  const mend = harm([paths[0] ?? "", paths[1] ?? ""]);
  try {
    const { backup } = await installation.askControl(verifyCustomerBackup, { customer: base });
    if (backup.state === "stored") throw new Unnoticed(`${what}: reading back calls it stored`);
    await expectAlarm(stage, "copy.bad");
  } finally {
    mend();
  }
  const { backup } = await installation.askControl(verifyCustomerBackup, { customer: base });
  assert.equal(backup.state, "stored", "what was put back is stored again");
  await stage.judge(before);
}

/** Objects of the base customer's backups in a vault, newest first; ids are UUIDv7 and sort by time. */
export async function objectsIn(installation: Installation, store: string): Promise<string[]> {
  const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
  const found = backups.flatMap(({ backupId }) => globSync(`*/${backupId}.hfb`, { cwd: store }));
  return found.map((path) => join(store, path)).filter((path) => existsSync(path));
}

/** One byte of every copy is changed: nothing can be restored, everything says where, and nothing is left of the tries. */
const everywhere: Fault = {
  name: "vault/every copy is damaged: proof, copy and restore over live refuse and leave nothing",
  count: 3,
  quick: true,
  alarm: "copy.bad",
  run: async (stage) => {
    const { installation } = stage;
    const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
    const before = await stage.look();
    const paths = await Promise.all(
      vaults.map(
        async (each) =>
          (await objectsIn(installation, join(installation.folder.vaults, each, "store")))[0] ?? "",
      ),
    );
    const flip = rewritten((bytes) => {
      const at = Math.floor(stage.random() * bytes.length);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return changed;
    });
    const mends = paths.map((path) => replaced(path, flip));
    const named = /no vault has an intact copy.*at byte \d+/;
    const { backupId } = backup;
    const served = linesOf(before).filter((line) => line.startsWith("content of"));
    try {
      await assert.rejects(installation.askControl(proveCustomerBackup, { customer: base, backupId }), named);
      await assert.rejects(
        installation.askControl(restoreCustomerBackup, { customer: base, as: name, backupId }),
        named,
      );
      const wish = { customer: base, confirm: base, backupId };
      await assert.rejects(installation.askControl(restoreOverLive, wish), named);
      await installation.askControl(verifyCustomerBackup, { customer: base, backupId });
      await expectAlarm(stage, "copy.bad");
    } finally {
      for (const mend of mends) mend();
    }
    await installation.askControl(verifyCustomerBackup, { customer: base, backupId });
    const after = await stage.judge(before);
    assert.deepEqual(
      linesOf(after).filter((line) => line.startsWith("content of")),
      served,
    );
  },
};
