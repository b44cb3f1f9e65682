/** `bin/bench`: runs benchmarks by name, prints their figures, exits 1 when one does not hold its bound. */
import { parseArgs } from "node:util";
import type { Benchmark, BenchRun, Figure } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { jsonReport, textReport } from "./report.ts";

const rounds = 7;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(await help());
    return 0;
  }
  const unknown = positionals.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    console.error(`there is no benchmark "${unknown}": there are ${Object.keys(benchmarks).join(", ")}`);
    return 2;
  }
  let allHold = true;
  for (const name of positionals.length > 0 ? positionals : Object.keys(benchmarks)) {
    const figures = await runOne(await load(name), values.quick);
    console.log(values.json ? jsonReport(name, figures) : textReport(name, figures));
    allHold &&= figures.every((figure) => figure.holds);
  }
  return allHold ? 0 : 1;
}

async function load(name: string): Promise<Benchmark> {
  const module = await (benchmarks[name] as () => Promise<{ readonly benchmark: Benchmark }>)();
  return module.benchmark;
}

async function runOne(benchmark: Benchmark, quick: boolean): Promise<readonly Figure[]> {
  const actions: (() => unknown)[] = [];
  const run: BenchRun = {
    quick,
    rounds: quick ? 1 : rounds,
    note: (line) => console.error(line),
    cleanUp: (action) => void actions.push(action),
  };
  try {
    return await benchmark.run(run);
  } finally {
    for (const action of actions.reverse()) await action();
  }
}

async function help(): Promise<string> {
  const names = Object.keys(benchmarks);
  const known = await Promise.all(names.map(load));
  const width = Math.max(...names.map((name) => name.length));
  return [
    "bin/bench [NAME…] [--json] [--quick]",
    "",
    "Measures what we promise of speed, each against a named reference in the same run. Without a name: all.",
    "",
    "  --json    one object a line and benchmark, the last lines of the output",
    "  --quick   few rows, one round: shows that it works, its figures mean nothing",
    "",
    ...known.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`),
    "",
    "Exit code: 0 when every bound holds, 1 when one does not, 2 for an unknown name.",
  ].join("\n");
}

process.exitCode = await main();
