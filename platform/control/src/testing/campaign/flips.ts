import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { openTenant } from "@holdfast/protocol/agent-methods";
import { showCustomer } from "@holdfast/protocol/control-methods";
import { base } from "../fault-case.ts";
import { type Fault, Unnoticed } from "./fault.ts";

const program = fileURLToPath(new URL("../../../../backups/src/testing/flips-main.ts", import.meta.url));
const vaults = ["eu-west", "eu-north", "us-east"];
const counts = { quick: 40, whole: 1_000 } as const;

/** Single bits at random places over all stored copies: each must be noticed, and its place named. */
export function flipFaults(): Fault[] {
  return [flips(counts.quick, true), flips(counts.whole, false)];
}

function flips(count: number, quick: boolean): Fault {
  return {
    name: `flips/${count} bits at random places over all copies`,
    count,
    quick,
    alarm: null,
    run: async (stage) => {
      const { installation } = stage;
      const before = await stage.look();
      const { tenantId } = await installation.askControl(showCustomer, { name: base });
      const { dataKey } = await installation.askAgent(openTenant, { tenantId });
      const folders = vaults.map((vault) => join(installation.folder.vaults, vault));
      const seed = Math.floor(stage.random() * 2 ** 31);
      const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
      child.stdin.end(`${JSON.stringify({ tenantId, dataKey, vaults: folders, flips: count, seed })}\n`);
      const answer: { flips: number; heads: number; unnoticed: string[] } = JSON.parse(
        await text(child.stdout),
      );
      assert.equal(answer.flips, count);
      assert.ok(answer.heads > 0 && answer.heads < count, "backups and catalog heads were hit");
      if (answer.unnoticed.length > 0)
        throw new Unnoticed(`${answer.unnoticed.length} flips: ${answer.unnoticed.slice(0, 3).join("; ")}`);
      await stage.judge(before);
    },
  };
}
