import assert from "node:assert/strict";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  listCustomerBackups,
  restoreCustomerBackup,
  showCustomer,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { base, name } from "../fault-case.ts";
import { rescueOf } from "../rescue.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import type { Stage } from "./stage.ts";
import { swapped } from "./vault-harm.ts";

const liar = "eu-north";

/** What one vault shows while the list of all backups is made from the vaults alone. Paths, newest first. */
const lies: Readonly<Record<string, (shown: Shown) => void>> = {
  "an older catalog, without the newest backup": ({ heads, backups }) => {
    for (const path of [heads[0], backups[0]]) rmSync(path ?? "");
  },
  "nothing at all": ({ heads, backups }) => {
    for (const path of [...heads, ...backups]) rmSync(path);
  },
  "two backups under each other's name": ({ backups }) => void swapped(backups[0] ?? "", backups[1] ?? ""),
  "a catalog that somebody changed": ({ heads }) => {
    const path = heads[0] ?? "";
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes, { mode: 0o444 });
  },
};

interface Shown {
  readonly heads: readonly string[];
  readonly backups: readonly string[];
}

/** The control database is lost, and one of the vaults that its list comes back from lies. */
export function rebuildFaults(): Fault[] {
  return Object.entries(lies).map(([what, lie], index) => ({
    name: `rebuild/one vault shows ${what}`,
    count: 1,
    quick: index === 0,
    // Whoever rebuilds is told in the answer: watchers look at databases that run, and there is none yet.
    alarm: null,
    run: (stage) => rebuilt(stage, what, lie),
  }));
}

async function rebuilt(stage: Stage, what: string, lie: (shown: Shown) => void): Promise<void> {
  const { installation: lost } = stage;
  for (let taken = 0; taken < 2; taken++) await lost.askControl(takeCustomerBackup, { customer: base });
  const before = await stage.look();
  const { tenantId } = await lost.askControl(showCustomer, { name: base });
  const rescued = await rescueOf(lost, (vaults) => lie(shownIn(join(vaults, liar, "store", tenantId))));
  try {
    const { findings } = await rescued.askControl(rebuildCatalog, {});
    if (!findings.some(({ vault }) => vault === liar)) throw new Unnoticed(`${what}: nothing is said of it`);
    const known = await keysOf(rescued);
    const missing = [...(await keysOf(lost))].filter((key) => !known.has(key));
    assert.deepEqual(missing, [], "every backup that some vault has is known again");
    const restored = await rescued.askControl(restoreCustomerBackup, { customer: base, as: name });
    assert.equal(restored.equal, true, "it is restored from the vaults that do not lie");
  } finally {
    await rescued.remove();
  }
  await stage.judge(before);
}

function shownIn(store: string): Shown {
  const found = (pattern: string): string[] =>
    globSync(pattern, { cwd: store })
      .sort()
      .reverse()
      .map((path) => join(store, path));
  return { heads: found("*.hfh"), backups: found("*.hfb") };
}

async function keysOf(installation: Stage["installation"]): Promise<ReadonlySet<string>> {
  const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
  return new Set(backups.filter(({ state }) => state !== "failed").map(({ backupId }) => backupId));
}
