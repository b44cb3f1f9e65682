import { spawn } from "node:child_process";
import { cpSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import { proveCustomerBackup, showCustomer, takeCustomerBackup } from "@holdfast/protocol/control-methods";
import { retireCustomerBackup } from "@holdfast/protocol/retention-methods";
import { clusterHands, postgresNames } from "@holdfast/trust/cluster-hands";
import { base, damageNewest } from "../fault-case.ts";
import { Unnoticed } from "./fault.ts";
import type { Stage } from "./stage.ts";
import { judge, type Verdict } from "./verdict.ts";

/** What a judge that sees must count. */
type Counted = Exclude<keyof Verdict, "findings">;

/** Harm done on purpose behind everybody's back. @returns how to take it away. */
interface Plant {
  readonly what: string;
  readonly counted: Counted;
  plant(stage: Stage): Promise<() => Promise<unknown>>;
}

const strange = (): string => newId(Date.now(), systemRandom.bytes(10));

const plants: readonly Plant[] = [
  {
    what: "a row is gone from a live database",
    counted: "lostRows",
    plant: async (stage) => {
      const { clusters, database } = await liveOf(stage);
      await clusters.run("main", database, "DELETE FROM planted WHERE id = 2");
      return async () => clusters.run("main", database, "INSERT INTO planted VALUES (2, 'two')");
    },
  },
  {
    what: "a value of a live database is another",
    counted: "lostRows",
    plant: async (stage) => {
      const { clusters, database } = await liveOf(stage);
      await clusters.run("main", database, "UPDATE planted SET v = 'ten' WHERE id = 1");
      return async () => clusters.run("main", database, "UPDATE planted SET v = 'one' WHERE id = 1");
    },
  },
  {
    what: "a database that nobody finished is left",
    counted: "halfMade",
    plant: async (stage) => {
      const { clusters } = await liveOf(stage);
      const name = `t_${strange().replaceAll("-", "")}`;
      // CREATE DATABASE cannot run in a transaction with others; psql sends one statement alone.
      await clusters.alone("main", "postgres", `CREATE DATABASE ${name}`);
      return async () => clusters.alone("main", "postgres", `DROP DATABASE ${name}`);
    },
  },
  {
    what: "an object that no backup owns is left in a vault",
    counted: "halfMade",
    plant: async (stage) => {
      const object = objectIn(stage, "eu-west");
      const left = join(dirname(object), `${strange()}.hfb`);
      cpSync(object, left);
      return async () => rmSync(left);
    },
  },
  {
    what: "pieces of an upload are left",
    counted: "halfMade",
    plant: async ({ installation }) => {
      const folder = join(installation.folder.uploads, strange(), "2");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${strange()}.blocks`), "sealed");
      return async () => rmSync(dirname(folder), { recursive: true });
    },
  },
  {
    what: "a backup is gone from every vault",
    counted: "lostBackups",
    plant: async (stage) => {
      const id = objectIn(stage, "eu-west").split("/").at(-1) ?? "";
      const store = stage.installation.folder.vaults;
      const objects = globSync(`*/store/*/${id}`, { cwd: store }).map((path) => join(store, path));
      for (const path of objects) renameSync(path, `${path}.hidden`);
      return async () => objects.map((path) => renameSync(`${path}.hidden`, path));
    },
  },
  {
    what: "a second control process runs",
    counted: "doubleWriters",
    plant: async (stage) => {
      const { root } = stage.installation.folder;
      const words = ["-e", "setInterval(() => undefined, 1000)", "/control/src/main.ts", root];
      const child = spawn(process.execPath, words, { stdio: "ignore" });
      return async () => {
        child.kill("SIGKILL");
        await new Promise((resolve) => child.once("exit", resolve));
      };
    },
  },
];

/**
 * Shows that the judge can fail: harm is planted that it has to count, and a damaged copy that nobody reads back,
 * for which no alarm may be believed. Leaves everything as it was.
 *
 * @returns what it did not see; a campaign whose judge is blind proves nothing.
 */
export async function blindSpots(stage: Stage): Promise<string[]> {
  const { clusters, database } = await liveOf(stage);
  const table =
    "CREATE TABLE planted (id integer, v text); INSERT INTO planted VALUES (1, 'one'), (2, 'two')";
  await clusters.run("main", database, table);
  const blind: string[] = [];
  for (const { what, counted, plant } of plants) {
    const before = await stage.look();
    const takeAway = await plant(stage);
    if (judge(before, await stage.look())[counted] !== 1) blind.push(what);
    await takeAway();
    const { findings } = judge(before, await stage.look());
    if (findings.length > 0) blind.push(`${what}, although it was taken away: ${findings[0]}`);
  }
  await clusters.run("main", database, "DROP TABLE planted");
  if (!(await countsOneTooMany(stage))) blind.push("retention took a backup more than was asked for");
  if (!(await missesWhatNobodyRead(stage))) blind.push("an alarm came for a copy that nobody had read back");
  return blind;
}

/** Two backups are retired, each of which may go, where one was asked for. */
async function countsOneTooMany(stage: Stage): Promise<boolean> {
  const { installation } = stage;
  for (let taken = 0; taken < 2; taken++)
    await installation.askControl(takeCustomerBackup, { customer: base });
  await installation.askControl(proveCustomerBackup, { customer: base });
  const before = await stage.look();
  for (let retired = 0; retired < 2; retired++)
    await installation.askControl(retireCustomerBackup, { customer: base });
  const after = await stage.look();
  const counted = [2, 1, 0].map((mayRetire) => judge(before, after, { mayRetire }).lostBackups);
  return counted.join() === "0,1,2";
}

async function missesWhatNobodyRead(stage: Stage): Promise<boolean> {
  await damageNewest(stage.installation, "us-east");
  const noticed = (await stage.alarmsIn(0)).some(({ code }) => code === "copy.bad");
  await damageNewest(stage.installation, "us-east", base, -1);
  return !noticed && new Unnoticed("").name === "Unnoticed";
}

async function liveOf({ installation }: Stage) {
  const { tenantId } = await installation.askControl(showCustomer, { name: base });
  return { clusters: clusterHands(installation.folder), database: postgresNames(tenantId).database };
}

function objectIn({ installation }: Stage, vault: string): string {
  const [found] = globSync("*/*.hfb", { cwd: join(installation.folder.vaults, vault, "store") });
  if (found === undefined) throw new Error(`no backup in ${vault}`);
  return join(installation.folder.vaults, vault, "store", found);
}
