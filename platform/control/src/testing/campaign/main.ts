/** The campaign behind bin/faults; see its --help. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";

const help = `bin/faults [--quick] [--only PATTERN] [--seed N] [--count N] [--list] [--json]

Harms a running installation in every way it is built to survive, and lets a process outside judge what is left:
databases, roles, keys, files, vault objects, rows. Every run first shows that the judge can fail.

  --quick         the set that every change is tested with (about two minutes of one core)
  --only PATTERN  faults whose name has this text: "backup.take", "vault/", "killed"; several times: any of them
  --seed N        repeat a run: the seed is printed
  --count N       at most so many faults, chosen by the seed
  --lanes N       installations that are harmed at the same time; default: one for each processor
  --list          names and expected alarms, nothing is run
  --result FILE   also writes that object to a file
  --json          readable lines go to standard error; the last line of standard output is one object

Without --quick every point of every operation has a run of its own; how long that took when it was measured whole stands in
docs/open-ends.md.
Exit code 1: a fault did not end as it has to, or the judge is blind.
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    seed: { type: "string" },
    count: { type: "string" },
    lanes: { type: "string" },
    result: { type: "string" },
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(help);
else {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  const stream = values.json ? process.stderr : process.stdout;
  // Whoever reads has gone, as `| head` does: what runs is taken down all the same.
  stream.on("error", () => undefined);
  const result = await runCampaign({
    quick: values.quick,
    only: values.only ?? [],
    seed,
    count: values.count === undefined ? undefined : Number(values.count),
    list: values.list,
    lanes: values.lanes === undefined ? availableParallelism() : Number(values.lanes),
    say: (line) => void stream.write(`${line}\n`),
  });
  if (values.result !== undefined) writeFileSync(values.result, JSON.stringify(result));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.passed === result.faults && (result.faults > 0 || values.list) ? 0 : 1;
}
