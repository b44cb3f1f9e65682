import { agentWriteFaults } from "./agent-writes.ts";
import { catalogFaults } from "./catalogs.ts";
import { farVaultFaults } from "./far-vault.ts";
import { type Fault, type Scenery, Unnoticed } from "./fault.ts";
import { flipFaults } from "./flips.ts";
import { keyFaults } from "./keys.ts";
import { lottery } from "./lottery.ts";
import { blindSpots } from "./planted.ts";
import { pointFaults } from "./points.ts";
import { processFaults } from "./processes.ts";
import { rebuildFaults } from "./rebuild.ts";
import { spaceFaults } from "./space.ts";
import { Stage } from "./stage.ts";
import { transferFaults } from "./transfers.ts";
import { uploadFaults } from "./uploads.ts";
import { vaultFaults } from "./vaults.ts";

/** See bin/faults --help. */
export interface CampaignOptions {
  readonly quick: boolean;
  /** Parts of names, any of them; all when empty. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly count: number | undefined;
  readonly list: boolean;
  /** Installations that are harmed at the same time. */
  readonly lanes: number;
  say(line: string): void;
}

/** The last line of bin/faults; the first six names are a contract. */
export interface CampaignResult {
  readonly faults: number;
  readonly passed: number;
  readonly lostRows: number;
  readonly doubleWriters: number;
  readonly unnoticed: number;
  readonly halfMade: number;
  readonly lostBackups: number;
  /** Faults that need what this machine does not allow; they count for nothing. */
  readonly impossible: number;
  readonly seed: number;
  readonly seconds: number;
}

/** Every fault there is, in the order of a run. */
export function allFaults(): Fault[] {
  return [
    ...vaultFaults(),
    ...farVaultFaults(),
    ...catalogFaults(),
    ...rebuildFaults(),
    ...flipFaults(),
    ...pointFaults(),
    ...transferFaults(),
    ...uploadFaults(),
    ...processFaults(),
    ...agentWriteFaults(),
    ...keyFaults(),
    ...spaceFaults(),
  ];
}

/**
 * Runs the faults that were asked for, as many at once as there are processors: each lane has an installation of its
 * own. A fault that fails gets the next one a fresh installation.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { say, seed } = options;
  const began = performance.now();
  const chosen = choose(options);
  const possible = chosen.filter(({ impossible }) => impossible === undefined);
  const total = {
    faults: 0,
    passed: 0,
    lostRows: 0,
    doubleWriters: 0,
    unnoticed: 0,
    halfMade: 0,
    lostBackups: 0,
  };
  say(`seed ${seed}: ${sumOf(possible)} faults`);
  for (const { name, impossible } of chosen)
    if (impossible !== undefined) say(`· ${name}: not here, ${impossible}`);
  if (options.list)
    for (const { name, count, alarm } of possible) say(`${count} × ${name}${alarm ? ` → ${alarm}` : ""}`);
  else if (possible.length > 0) {
    const turns = turnsOf(possible);
    const lanes = Math.min(options.lanes, turns.length);
    await struckAtTheEnd(async (stages) => {
      await Promise.all(Array.from({ length: lanes }, () => runLane(turns, stages, { total, say, seed })));
    });
  }
  const impossible = sumOf(chosen) - sumOf(possible);
  const seconds = Math.round((performance.now() - began) / 1_000);
  return { ...total, impossible, seed, seconds };
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

interface Running {
  readonly total: Record<
    "faults" | "passed" | "lostRows" | "doubleWriters" | "unnoticed" | "halfMade" | "lostBackups",
    number
  >;
  readonly say: (line: string) => void;
  readonly seed: number;
}

/** What a lane takes at once: one fault, or all of one scenery, which is too dear to be set twice. */
interface Turn {
  readonly scenery: Scenery | undefined;
  readonly faults: readonly Fault[];
}

/** What shows that the judge sees comes first, and long sceneries before what is done in seconds. */
function turnsOf(faults: readonly Fault[]): Turn[] {
  const sceneries = Map.groupBy(
    faults.filter(({ on }) => on !== undefined),
    ({ on }) => on,
  );
  const alone = faults.filter(({ on }) => on === undefined);
  return [
    { scenery: undefined, faults: [sight] },
    ...[...sceneries].map(([scenery, all]) => ({ scenery, faults: all })),
    ...alone.map((fault) => ({ scenery: undefined, faults: [fault] })),
  ];
}

const sight: Fault = {
  name: "judge/counts what is planted",
  count: 0,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const blind = await blindSpots(stage);
    if (blind.length > 0) throw new Error(`the judge is blind: ${blind.join("; ")}`);
  },
};

/**
 * Whoever ends a run early leaves no servers behind: all stages are struck before the process goes, those too that a
 * lane sets up meanwhile.
 */
async function struckAtTheEnd(run: (stages: Set<Stage>) => Promise<void>): Promise<void> {
  const stages = new Set<Stage>();
  const strike = () => Promise.allSettled([...stages].map((stage) => stage.end()));
  const end = (): void => {
    void strike().then(() => process.exit(1));
  };
  for (const signal of stopSignals) process.once(signal, end);
  try {
    await run(stages);
  } finally {
    for (const signal of stopSignals) process.off(signal, end);
    await strike();
  }
}

async function runLane(turns: Turn[], stages: Set<Stage>, running: Running): Promise<void> {
  const usual = new Stage();
  stages.add(usual);
  for (let turn = turns.shift(); turn; turn = turns.shift()) {
    const stage = turn.scenery?.stage() ?? usual;
    stages.add(stage);
    for (const fault of turn.faults) await runFault(fault, stage, running);
    if (stage === usual) continue;
    await stage.strike();
    stages.delete(stage);
  }
}

async function runFault(fault: Fault, stage: Stage, { total, say, seed }: Running): Promise<void> {
  const began = performance.now();
  total.faults += fault.count;
  let problem: string | undefined;
  try {
    // Of its name and the seed alone: alone it does the same as in a whole run.
    stage.random = lottery(seed ^ hashOf(fault.name));
    await stage.set();
    await fault.run(stage);
  } catch (error) {
    if (error instanceof Unnoticed) total.unnoticed += 1;
    problem = error instanceof Error ? error.message : String(error);
  }
  const found = stage.verdict();
  for (const what of ["lostRows", "doubleWriters", "halfMade", "lostBackups"] as const)
    total[what] += found[what];
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  if (problem === undefined && found.findings.length === 0) {
    total.passed += fault.count;
    say(`✔ ${fault.name} (${fault.count}, ${seconds} s)${fault.alarm ? ` alarm: ${fault.alarm}` : ""}`);
    return;
  }
  // What shows nothing else wrong counts as one fault that failed: a blind judge proves nothing.
  if (fault.count === 0) total.faults += 1;
  say(`✖ ${fault.name} (${fault.count}, ${seconds} s)`);
  for (const line of [...(problem?.split("\n").slice(0, 40) ?? []), ...found.findings.slice(0, 20)])
    say(`    ${line}`);
  await stage.strike().catch((error: unknown) => say(`    its installation was not taken down: ${error}`));
}

/** FNV-1a: spreads names over 32 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash | 0;
}

function choose({ quick, only, seed, count }: CampaignOptions): Fault[] {
  const named = allFaults().filter(
    ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  // A chain goes over the points that a whole run takes one by one; in a whole run both are of use.
  const wanted = named.filter((fault) => !quick || fault.quick);
  if (count === undefined || count >= wanted.length) return wanted;
  const next = lottery(seed);
  const drawn = new Set(
    wanted
      .map((fault) => ({ fault, at: next() }))
      .sort((a, b) => a.at - b.at)
      .slice(0, count)
      .map(({ fault }) => fault),
  );
  return wanted.filter((fault) => drawn.has(fault));
}

const sumOf = (faults: readonly Fault[]): number => faults.reduce((sum, { count }) => sum + count, 0);
