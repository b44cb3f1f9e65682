import assert from "node:assert/strict";
import { test } from "node:test";
import { readOperation } from "./operation.ts";

test("an operation shows its steps and how far it is", () => {
  const operation = readOperation({
    name: "Create acme",
    state: "running",
    progress: {
      step: "Copying",
      done: 12,
      total: 40,
      unit: "tables",
      steps: [
        { name: "roles", label: "Roles", state: "done" },
        { name: "data", state: "running" },
      ],
    },
  });
  assert.equal(operation.finished, false);
  assert.equal(operation.percent, 30);
  assert.equal(operation.caption, "Copying: 12 of 40 tables");
  assert.deepEqual(
    operation.steps.map((step) => [step.label, step.state]),
    [
      ["Roles", "done"],
      ["data", "running"],
    ],
  );
});

test("without a total the steps tell how far it is", () => {
  assert.equal(
    readOperation({ state: "running", progress: '{"steps":[{"name":"a","state":"done"},{"name":"b"}]}' })
      .percent,
    50,
  );
  assert.equal(readOperation({ state: "running", progress: false }).percent, null);
});

test("an end is an end, and a failure says so even without words", () => {
  assert.ok(readOperation({ state: "done" }).finished);
  assert.equal(readOperation({ state: "done" }).error, null);
  assert.equal(readOperation({ state: "failed", error: "The vault is full." }).error, "The vault is full.");
  assert.match(readOperation({ state: "undone" }).error ?? "", /taken back/);
});

test("steps counted in fields tell how far it is", () => {
  const operation = readOperation({
    label: "Back up acme",
    state: "running",
    step_count: 4,
    step_index: 1,
    step: "Copy the rows",
    progress: false,
  });
  assert.deepEqual(
    [operation.name, operation.percent, operation.caption],
    ["Back up acme", 25, "Copy the rows: 1 of 4 steps"],
  );
});
