import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { showCustomer, takeCustomerBackup } from "@holdfast/protocol/control-methods";
import { checkCatalogs } from "@holdfast/protocol/retention-methods";
import { base } from "../fault-case.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import type { Stage } from "./stage.ts";
import { copied, type Mend, replaced, swapped } from "./vault-harm.ts";
import { expectAlarm } from "./vaults.ts";

const vault = "eu-north";
const nothing = (): void => undefined;

/** Heads and backups of the base customer in one vault, newest first. */
interface Lying {
  readonly heads: readonly string[];
  readonly backups: readonly string[];
}

/** What somebody with a vault in his hands does to it although he cannot make a genuine byte; and what it is called. */
const harms: Readonly<Record<string, { readonly kinds: readonly string[]; harm(lying: Lying): Mend }>> = {
  "the newest head is dropped": {
    kinds: ["replayed", "dropped"],
    harm: ({ heads }) => replaced(heads[0] ?? "", nothing),
  },
  "every head is dropped": {
    kinds: ["dropped", "replayed"],
    harm: ({ heads }) => together(heads.map((head) => replaced(head, nothing))),
  },
  "an older head is replayed as the newest": {
    kinds: ["reordered", "replayed", "forged"],
    harm: ({ heads }) => replaced(heads[0] ?? "", copied(heads[1] ?? "")),
  },
  "two heads are swapped": {
    kinds: ["reordered", "replayed"],
    harm: ({ heads }) => swapped(heads[0] ?? "", heads[1] ?? ""),
  },
  "one byte of the newest head is changed": {
    kinds: ["forged", "replayed"],
    harm: ({ heads }) => replaced(heads[0] ?? "", flipped),
  },
  "a backup that the head names is dropped": {
    kinds: ["dropped"],
    harm: ({ backups }) => replaced(backups[0] ?? "", nothing),
  },
  "two backups that the head names are swapped": {
    kinds: ["swapped"],
    harm: ({ backups }) => swapped(backups[0] ?? "", backups[1] ?? ""),
  },
  "the vault is put back to before the last backup": {
    kinds: ["replayed", "dropped"],
    harm: ({ heads, backups }) =>
      together([replaced(heads[0] ?? "", nothing), replaced(backups[0] ?? "", nothing)]),
  },
};

function together(mends: readonly Mend[]): Mend {
  return () => {
    for (const mend of mends.toReversed()) mend();
  };
}

function flipped(path: string): void {
  const bytes = readFileSync(`${path}.aside`);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes, { mode: 0o444 });
}

/** Dropped, swapped, reordered and replayed lists of backups: every byte is genuine, and yet it must be noticed. */
export function catalogFaults(): Fault[] {
  return Object.entries(harms).map(([what, { kinds, harm }]) => ({
    name: `catalog/${what}`,
    count: 1,
    quick: true,
    alarm: "catalog.mismatch",
    run: async (stage) => {
      const { installation } = stage;
      for (let taken = 0; taken < 2; taken++)
        await installation.askControl(takeCustomerBackup, { customer: base });
      const before = await stage.look();
      assert.deepEqual(await findings(stage), [], "before anything was done the catalogs fit");
      const mend = harm(await lyingIn(stage));
      try {
        const found = (await findings(stage)).filter((finding) => finding.vault === vault);
        if (!found.some(({ kind }) => kinds.includes(kind)))
          throw new Unnoticed(`${what}: found were ${found.map(({ kind }) => kind).join(", ") || "nothing"}`);
        await expectAlarm(stage, "catalog.mismatch");
      } finally {
        mend();
      }
      assert.deepEqual(await findings(stage), [], "what was put back fits again");
      await stage.judge(before);
    },
  }));
}

async function findings({ installation }: Stage) {
  return (await installation.askControl(checkCatalogs, { customer: base })).findings;
}

async function lyingIn({ installation }: Stage): Promise<Lying> {
  const { tenantId } = await installation.askControl(showCustomer, { name: base });
  const store = join(installation.folder.vaults, vault, "store", tenantId);
  const found = (pattern: string): string[] =>
    globSync(pattern, { cwd: store })
      .sort()
      .reverse()
      .map((name) => join(store, name));
  return { heads: found("*.hfh"), backups: found("*.hfb") };
}
