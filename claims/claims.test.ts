import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inventory } from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import {
  createCustomer,
  createScratch,
  listClaims,
  measureClaim,
  runClaims,
} from "@holdfast/protocol/control-methods";
import { type DataFolder, dataFolder } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import { type Installation, startInstallation } from "@holdfast/tests/installation";
import { runSaboteurs, type SabotageOutcome } from "@holdfast/trust/sabotage";
import { claims } from "./claims.ts";
import { saboteurs } from "./saboteurs.ts";

const codeRoot = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** One installation for all: the promises are measured on it, then broken on scratch databases beside it. */
describe("the promises on a running installation", { concurrency: false }, () => {
  let holdfast: Installation;
  let folder: DataFolder;
  let before_: OutputOf<typeof inventory>;
  let outcomes: readonly SabotageOutcome[] = [];

  before(async () => {
    holdfast = await startInstallation();
    folder = dataFolder(holdfast.data);
  });

  after(() => holdfast?.stop());

  test("every promise is listed before it was ever measured, and none of them counts", async () => {
    const { claims: listed } = await call(folder.controlSocket, listClaims, {});
    assert.deepEqual(
      listed.map(({ id }) => id),
      claims.map(({ id }) => id),
    );
    assert.ok(listed.every(({ standing }) => !standing.startsWith("holds")));
  });

  test("every promise holds when measured, but none is proven before its saboteur was caught", async () => {
    const { claims: measured } = await call(folder.controlSocket, runClaims, {});
    const failing = measured.filter(({ state }) => state !== "pass");
    assert.deepEqual(
      failing.map(({ id, evidence }) => `${id}: ${evidence}`),
      [],
    );
    assert.ok(measured.every(({ standing }) => standing === "not proven"));
    before_ = await call(folder.agentSocket, inventory, {});
  });

  test("a customer may not be called like a scratch database, a drill's copy or the canary", async () => {
    for (const name of ["scratch-acme", "drill-acme", "canary"])
      await assert.rejects(call(folder.controlSocket, createCustomer, { name, plan: "free" }), {
        name: "ExpectedError",
      });
  });

  test("a saboteur is judged on scratch databases alone, never on a customer's", async () => {
    await assert.rejects(call(folder.controlSocket, measureClaim, { id: "PWD-1", databases: ["demo"] }), {
      code: "invalid",
    });
  });

  test("a saboteur that breaks nothing is missed, and what a killed run left is swept", async () => {
    await call(folder.controlSocket, createScratch, {});
    const [outcome] = await runSaboteurs({
      folder,
      codeRoot,
      saboteurs: [
        {
          claim: "ISO-2",
          set: async (scene) => ({
            scope: { databases: [(await scene.scratch("first")).name] },
            sabotages: [{ breaks: "nothing", spoil: async () => ({ repair: async () => undefined }) }],
          }),
        },
      ],
    });
    assert.equal(outcome?.caught, false);
    const { claims: listed } = await call(folder.controlSocket, listClaims, {});
    assert.equal(listed.find(({ id }) => id === "ISO-2")?.standing, "not proven");
    assert.deepEqual(withoutScheduled(await call(folder.agentSocket, inventory, {}), before_), before_);
  });

  test("saboteurs break the real thing in scratch databases", async () => {
    outcomes = await runSaboteurs({ folder, codeRoot, saboteurs });
    assert.equal(outcomes.length, saboteurs.length);
  });

  for (const { id } of claims)
    test(`${id} notices its saboteur`, () => {
      const outcome = outcomes.find((one) => one.id === id);
      assert.ok(outcome?.caught, outcome?.summary ?? "it was not judged");
    });

  test("nothing of the saboteurs is left: no database, role, key, file or stored backup", async () => {
    assert.deepEqual(withoutScheduled(await call(folder.agentSocket, inventory, {}), before_), before_);
  });

  test("now every promise holds, and what only poses as distance is said to be simulated", async () => {
    const answer = await fetchTrust(holdfast);
    assert.deepEqual(
      answer.claims.filter(({ standing }) => !standing.startsWith("holds")).map(({ id }) => id),
      [],
    );
    const simulated = answer.claims
      .filter(({ standing }) => standing === "holds, simulated")
      .map(({ id }) => id);
    assert.deepEqual(simulated, ["BAK-1", "BAK-2", "BAK-3", "DR-1"]);
  });
});

interface Trust {
  readonly claims: readonly { readonly id: string; readonly standing: string }[];
}

async function fetchTrust({ data }: Installation): Promise<Trust> {
  const { claims: listed } = await call(dataFolder(data).controlSocket, listClaims, {});
  return { claims: listed };
}

/** Without what the schedule stored meanwhile of those who were there before. */
function withoutScheduled(
  found: OutputOf<typeof inventory>,
  earlier: OutputOf<typeof inventory>,
): OutputOf<typeof inventory> {
  const lasting = new Set(earlier.databases.map(({ tenantId }) => tenantId));
  const known = new Set(earlier.vaultObjects.map(({ vault, name }) => `${vault} ${name}`));
  const vaultObjects = found.vaultObjects.filter(
    ({ tenantId, vault, name }) => !lasting.has(tenantId) || known.has(`${vault} ${name}`),
  );
  return { ...found, vaultObjects };
}
