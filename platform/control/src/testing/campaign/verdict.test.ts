import assert from "node:assert/strict";
import { test } from "node:test";
import type { Inventory } from "./inventory.ts";
import { judge } from "./verdict.ts";

type Backup = Inventory["rows"]["backups"][number];

const backup = (key: string, day: number, isProven = false): Backup => ({
  key,
  tenant: "018f0000-0000-7000-8000-000000000001",
  database: "base",
  state: "stored",
  sha256: `digest of ${key}`,
  takenAt: `2026-01-0${day}T03:00:00+00:00`,
  provenAt: isProven ? `2026-01-0${day}T04:00:00+00:00` : null,
});

const [oldest, older, newest] = [backup("a", 1), backup("b", 2), backup("c", 3, true)];

/** An installation of which only its backups are of interest: each whole in one vault. */
function withBackups(...backups: readonly Backup[]): Inventory {
  return {
    databases: [],
    roles: [],
    keys: [],
    files: [],
    certificates: [],
    objects: backups.map(({ key, sha256 }) => ({
      vault: "eu-west",
      path: `store/x/${key}.hfb`,
      sha256: sha256 ?? "",
    })),
    pieces: [],
    jobs: 0,
    controls: 1,
    agents: 1,
    rows: { customers: [], databases: [], backups, copies: [], openOperations: 0 },
    content: {},
  };
}

const all = withBackups(oldest, older, newest);

test("a retired backup is not lost where one was asked to go", () => {
  assert.deepEqual(judge(all, withBackups(older, newest), { mayRetire: 1 }).findings, []);
});

test("retention that takes one too many is counted as one lost backup", () => {
  const verdict = judge(all, withBackups(newest), { mayRetire: 1 });
  assert.deepEqual([verdict.lostBackups, verdict.findings], [1, ["backup b is lost"]]);
});

test("a backup that goes where nobody asked for it is lost", () => {
  assert.equal(judge(all, withBackups(older, newest)).lostBackups, 1);
});

test("retention that takes the newest proven backup is counted, whatever it was asked for", () => {
  assert.equal(judge(all, withBackups(oldest, older), { mayRetire: 1 }).lostBackups, 1);
});

test("a backup whose only newer proven one is broken too is lost, not retired", () => {
  const broken = withBackups(older, newest);
  const objects = broken.objects.map((each) => ({
    ...each,
    sha256: each.path.includes("c.hfb") ? "other" : each.sha256,
  }));
  assert.equal(judge(all, { ...broken, objects }, { mayRetire: 1 }).lostBackups, 2);
});

test("a retired backup that is still known, or still lies in a vault, is lost", () => {
  const stillKnown = { ...all, objects: withBackups(older, newest).objects };
  assert.equal(judge(all, stillKnown, { mayRetire: 1 }).lostBackups, 1);
});

const live = {
  name: "base",
  tenant: "018f0000-0000-7000-8000-000000000001",
  state: "running",
  neutralized: false,
  hasFormer: false,
};
const withRows = (rows: number, digest: string): Inventory => {
  const empty = withBackups();
  return {
    ...empty,
    rows: { ...empty.rows, databases: [live] },
    content: { [`t_${live.tenant.replaceAll("-", "")}`]: { note: { rows, digest } } },
  };
};

test("a story that changes a table may leave other rows in it, and never fewer", () => {
  const before = withRows(5, "a");
  assert.equal(judge(before, withRows(5, "b")).lostRows, 1);
  assert.equal(judge(before, withRows(5, "b"), { mayChange: ["note"] }).lostRows, 0);
  assert.equal(judge(before, withRows(5, "b"), { mayChange: ["other"] }).lostRows, 1);
  assert.equal(judge(before, withRows(3, "b"), { mayChange: ["note"] }).lostRows, 2);
});
