import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  deleteCustomer,
  forgetReplaced,
  restoreCustomerBackup,
  restoreOverLive,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { base, name } from "../fault-case.ts";
import type { Fault } from "./fault.ts";
import { linesOf } from "./inventory.ts";
import { Stage } from "./stage.ts";
import { mountsRefused } from "./vault-harm.ts";

const diskBytes = 900 * 2 ** 20;
const megabyte = 2 ** 20;
/** What is left when the disk is called full: nothing for a new database, then enough to begin loading one. */
const leftMegabytes = [1, 14] as const;

/** The disk under everything is full while a backup is restored: clusters, files and vaults share it. */
export function spaceFaults(): Fault[] {
  const impossible = mountsRefused();
  return leftMegabytes.map((left) => ({
    name: `space/${left} MiB left on the disk while backups are taken and restored`,
    count: 3,
    quick: false,
    alarm: "vault.full",
    impossible,
    run: () => onSmallDisk(left),
  }));
}

async function onSmallDisk(left: number): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), "hf-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskBytes},mode=755`, "tmpfs", disk]);
  const stage = new Stage({ within: disk });
  try {
    await stage.set();
    await filled(stage, disk, left);
    const found = stage.verdict();
    assert.deepEqual(found.findings, []);
  } finally {
    await stage.strike();
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

async function filled(stage: Stage, disk: string, left: number): Promise<void> {
  const { installation } = stage;
  const before = await stage.look();
  const ballast = join(disk, "ballast");
  const { bavail, bsize } = statfsSync(disk);
  execFileSync("fallocate", ["-l", String(bavail * bsize - left * megabyte), ballast]);
  const codes: string[] = [];
  const tidy: (() => Promise<unknown>)[] = [];
  try {
    await assert.rejects(installation.askControl(takeCustomerBackup, { customer: base }));
    // With some room a small database may be restored after all: whole or not at all is what counts.
    const beside = await ended(installation.askControl(restoreCustomerBackup, { customer: base, as: name }));
    const over = await ended(installation.askControl(restoreOverLive, { customer: base, confirm: base }));
    assert.ok(left > 1 || !(beside || over), "without room nothing is restored");
    if (beside) tidy.push(() => installation.askControl(deleteCustomer, { name }));
    if (over) tidy.push(() => installation.askControl(forgetReplaced, { customer: base, confirm: base }));
    codes.push(...(await stage.alarmsIn(0)).map(({ code }) => code));
  } finally {
    rmSync(ballast, { force: true });
  }
  assert.ok(codes.includes("vault.full"), `vault.full is alarmed at; there are ${codes.join(", ")}`);
  for (const action of tidy) await action();
  const after = await stage.judge(before);
  const served = (lines: readonly string[]): string[] =>
    lines.filter((line) => line.startsWith("content of"));
  assert.deepEqual(served(linesOf(after)), served(linesOf(before)));
  const { backup } = await installation.askControl(takeCustomerBackup, { customer: base });
  assert.equal(backup.state, "stored", "with room again all is as ever");
}

/** @returns whether it was done. */
function ended(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
