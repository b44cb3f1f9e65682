import assert from "node:assert/strict";
import { after, test } from "node:test";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { companyServer } from "./company-server.ts";
import { measureImport } from "./import-figures.ts";

const rows = runDepth().deep ? 100_000 : 10_000;
const actions: (() => unknown)[] = [];
const run = {
  quick: false,
  rounds: 1,
  note: () => undefined,
  cleanUp: (action: () => unknown) => void actions.push(action),
};
after(async () => {
  for (const action of actions.reverse()) await action();
});

test(`an import of ${rows} rows in one request takes no more memory than one of ${rows / 20}`, async (context) => {
  const server = await companyServer(run);
  const figures = await measureImport(run, server, rows);
  for (const { name, ours, unit } of figures) context.diagnostic(`${name}: ${Math.round(ours)} ${unit}`);
  const memory = figures.find(({ unit }) => unit === "MiB");
  assert.ok(memory?.holds, `${memory?.ours} MiB more`);
});
