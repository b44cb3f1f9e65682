import { catalogFaults } from "./catalogs.ts";
import type { Fault } from "./fault.ts";
import { Unnoticed } from "./fault.ts";
import { flipFaults } from "./flips.ts";
import { lottery } from "./lottery.ts";
import { blindSpots } from "./planted.ts";
import { pointFaults } from "./points.ts";
import { processFaults } from "./processes.ts";
import { spaceFaults } from "./space.ts";
import { Stage } from "./stage.ts";
import { vaultFaults } from "./vaults.ts";

/** See bin/faults --help. */
export interface CampaignOptions {
  readonly quick: boolean;
  readonly only: string | undefined;
  readonly seed: number;
  readonly count: number | undefined;
  readonly list: boolean;
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
    ...catalogFaults(),
    ...flipFaults(),
    ...pointFaults(),
    ...processFaults(),
    ...spaceFaults(),
  ];
}

/** Runs the faults that were asked for, one after the other; one that fails gets the next a fresh installation. */
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
  const stage = new Stage(lottery(seed));
  try {
    if (options.list)
      for (const { name, count, alarm } of possible) say(`${count} × ${name}${alarm ? ` → ${alarm}` : ""}`);
    else if (possible.length > 0) {
      await stage.set();
      const blind = await blindSpots(stage);
      for (const spot of blind) say(`✖ the judge is blind: ${spot}`);
      if (blind.length === 0) say("✔ the judge counts what is planted");
      total.faults += blind.length;
      for (const fault of possible) await runFault(fault, stage, { total, say });
    }
  } finally {
    await stage.strike();
  }
  const impossible = sumOf(chosen) - sumOf(possible);
  const seconds = Math.round((performance.now() - began) / 1_000);
  return { ...total, impossible, seed, seconds };
}

interface Running {
  readonly total: Record<
    "faults" | "passed" | "lostRows" | "doubleWriters" | "unnoticed" | "halfMade" | "lostBackups",
    number
  >;
  readonly say: (line: string) => void;
}

async function runFault(fault: Fault, stage: Stage, { total, say }: Running): Promise<void> {
  const began = performance.now();
  total.faults += fault.count;
  let problem: string | undefined;
  try {
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
  say(`✖ ${fault.name} (${fault.count}, ${seconds} s)`);
  for (const line of [...(problem?.split("\n").slice(0, 40) ?? []), ...found.findings.slice(0, 20)])
    say(`    ${line}`);
  await stage.strike();
}

function choose({ quick, only, seed, count }: CampaignOptions): Fault[] {
  const named = allFaults().filter(({ name }) => only === undefined || name.includes(only));
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
