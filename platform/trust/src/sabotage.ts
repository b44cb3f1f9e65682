import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { call } from "@holdfast/protocol/call";
import {
  createScratch,
  measureClaim,
  noteSabotage,
  sweepScratch,
  takeCustomerBackup,
} from "@holdfast/protocol/control-methods";
import { type DataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { clusterHands, postgresNames } from "./cluster-hands.ts";
import { doorHands } from "./door-hands.ts";
import type { Sabotage, Saboteur, Scene, Scope, ScratchDatabase } from "./saboteur.ts";
import { scratchServers } from "./scratch-server.ts";
import { sweepSourceCopies, weakenedSources } from "./source-copy.ts";
import { vaultHands } from "./vault-hands.ts";

export interface SabotageOptions {
  readonly folder: DataFolder;
  /** The sources of this installation; scratch servers run from a copy of them. */
  readonly codeRoot: string;
  readonly saboteurs: readonly Saboteur[];
  /** Claim ids; all when absent. */
  readonly only?: readonly string[];
  /** Told what happens next, for the person who waits. */
  onStep?(step: string): void;
}

/** How one saboteur's run ended. */
export interface SabotageOutcome {
  readonly id: string;
  readonly caught: boolean;
  /** One sentence for the trust page. */
  readonly summary: string;
}

/**
 * Runs saboteurs against a running installation, on scratch databases alone: the probe must pass on the
 * intact scratch, then the real thing is broken there, and the probe must fail. Keeps the outcome as
 * evidence. The scratch is removed at the end, and what a killed run left at the beginning.
 *
 * Needs the hands of the user that runs the agent: vault folders, the cluster's administrator.
 *
 * @throws ExpectedError `conflict` while another run is at work, `not_found` for an unknown claim.
 */
export async function runSaboteurs(options: SabotageOptions): Promise<SabotageOutcome[]> {
  const chosen = choose(options);
  const turn = await holdExclusively("saboteur", options.folder.root);
  const stage = openStage(options);
  try {
    await stage.sweep();
    const outcomes: SabotageOutcome[] = [];
    for (const saboteur of chosen) {
      options.onStep?.(`${saboteur.claim}: setting the scene`);
      const outcome = await judge(saboteur, stage, options);
      await call(options.folder.controlSocket, noteSabotage, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    options.onStep?.("cleaning up");
    await stage.scene.server.close();
    await stage.sweep();
    await turn.release();
  }
}

function choose({ saboteurs, only }: SabotageOptions): readonly Saboteur[] {
  if (only === undefined) return saboteurs;
  const unknown = only.find((id) => !saboteurs.some((saboteur) => saboteur.claim === id));
  if (unknown !== undefined)
    throw new ExpectedError("not_found", `no saboteur breaks the claim "${unknown}"`, {
      hint: `known are ${saboteurs.map(({ claim }) => claim).join(", ")}`,
    });
  return saboteurs.filter(({ claim }) => only.includes(claim));
}

interface Stage {
  readonly scene: Scene;
  measure(id: string, scope: Scope): Promise<Judged>;
  sweep(): Promise<void>;
}

interface Judged {
  readonly state: "pass" | "fail" | "not_applicable";
  readonly broken: boolean;
  readonly summary: string;
}

function openStage({ folder, codeRoot, onStep }: SabotageOptions): Stage {
  const control = folder.controlSocket;
  const made = new Map<"first" | "second", Promise<ScratchDatabase>>();
  const make = async (): Promise<ScratchDatabase> => {
    onStep?.("making a scratch database");
    return call(control, createScratch, {});
  };
  return {
    scene: {
      scratch: (which) => {
        const database = made.get(which) ?? make();
        made.set(which, database);
        return database;
      },
      backUp: async ({ name }) => {
        const { backup } = await call(control, takeCustomerBackup, { customer: name });
        return backup.backupId;
      },
      clusters: clusterHands(folder),
      controlDatabase: postgresNames(readConfig(folder).controlTenantId).database,
      certificateAuthority: { certificateFile: folder.caFile, keyFile: join(folder.ca, "ca.key") },
      vaults: vaultHands(folder),
      doors: doorHands(folder),
      server: scratchServers(folder, codeRoot),
      sources: (patches) => weakenedSources(codeRoot, patches),
    },
    measure: (id, { databases, port, repository }) =>
      call(control, measureClaim, {
        id,
        databases: [...databases],
        ...(port === undefined ? {} : { port }),
        ...(repository === undefined ? {} : { repository }),
      }),
    sweep: async () => {
      sweepSourceCopies();
      await call(control, sweepScratch, {});
    },
  };
}

/** A saboteur that cannot be judged was not caught: its claim is not proven. */
async function judge(saboteur: Saboteur, stage: Stage, options: SabotageOptions): Promise<SabotageOutcome> {
  try {
    return await judgeEach(saboteur, stage, options);
  } catch (error) {
    options.onStep?.(`${saboteur.claim}: ${error instanceof Error ? error.message : String(error)}`);
    const why = error instanceof ExpectedError ? error.message : "a defect of ours stopped it";
    return { id: saboteur.claim, caught: false, summary: `Could not be judged: ${why.slice(0, 1_000)}.` };
  }
}

async function judgeEach(
  saboteur: Saboteur,
  stage: Stage,
  options: SabotageOptions,
): Promise<SabotageOutcome> {
  const id = saboteur.claim;
  const { scope, sabotages } = await saboteur.set(stage.scene);
  const missed: string[] = [];
  for (const [at, sabotage] of sabotages.entries()) {
    // Not only once: what an earlier one left broken would be noticed in this one's place.
    if (at === 0 || !sabotages[at - 1]?.apart) await mustPass(id, scope, stage);
    options.onStep?.(`${id}: breaking: ${sabotage.breaks}`);
    const broken = await measureBroken(id, { sabotage, scope, stage });
    options.onStep?.(`${id}: ${broken.state}: ${broken.summary}`);
    if (broken.state !== "fail" || broken.broken) missed.push(sabotage.breaks);
  }
  if (sabotages.length === 0) throw new ExpectedError("conflict", "the saboteur broke nothing");
  return { id, caught: missed.length === 0, summary: told(sabotages, missed) };
}

async function mustPass(id: string, scope: Scope, stage: Stage): Promise<void> {
  const intact = await stage.measure(id, scope);
  if (intact.state !== "pass")
    throw new ExpectedError("conflict", `the probe does not pass on the intact scratch: ${intact.summary}`, {
      details: { ...intact },
    });
}

async function measureBroken(
  id: string,
  { sabotage, scope, stage }: { readonly sabotage: Sabotage; readonly scope: Scope; readonly stage: Stage },
): Promise<Judged> {
  const spoiled = await sabotage.spoil();
  try {
    return await stage.measure(id, spoiled.scope ?? scope);
  } finally {
    await spoiled.repair();
  }
}

function told(sabotages: readonly Sabotage[], missed: readonly string[]): string {
  const all = sabotages.map(({ breaks }) => breaks).join("; ");
  if (missed.length === 0) return `Noticed: ${all}.`;
  return `NOT noticed: ${missed.join("; ")}. Broken were: ${all}.`;
}
