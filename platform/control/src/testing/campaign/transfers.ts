import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { download, upload } from "@holdfast/protocol/call-bytes";
import { listCustomerBackups } from "@holdfast/protocol/control-methods";
import { downloadBackup, uploadBackup } from "@holdfast/protocol/transfer-methods";
import { base } from "../fault-case.ts";
import { jobProcesses } from "../snapshot.ts";
import { type Fault, Unnoticed } from "./fault.ts";
import { linesOf } from "./inventory.ts";
import type { Stage } from "./stage.ts";

const by = "the fault campaign";
const jobLimitMilliseconds = 300_000;
const chunkBytes = 16_384;
/** How often a download is cut on its way. */
const cuts = 3;

/** Downloads cut and resumed by their range, imports cut at any place: a zip arrives whole or not at all. */
export function transferFaults(): Fault[] {
  return [
    resumed,
    ...Object.entries(killers).flatMap(([what, kill]) => [cutDownload(what, kill), cutImport(what, kill)]),
    importRefused,
  ];
}

type Kill = (stage: Stage) => Promise<void>;

/** Who goes in the middle of it. */
const jobKilled = "its job is killed";
const killers: Readonly<Record<string, Kill>> = {
  "its reader or sender goes": async () => undefined,
  [jobKilled]: async ({ installation }) => {
    for (const pid of await jobs(installation)) kill(pid);
  },
  "the agent is killed": async ({ installation }) => {
    await installation.agent.kill();
    await installation.startAgent();
  },
  "control is killed": async ({ installation }) => {
    await installation.control.kill();
    await installation.startControl();
  },
};

async function jobs(installation: Stage["installation"]): Promise<number[]> {
  for (const deadline = performance.now() + jobLimitMilliseconds; ; await wait(5)) {
    const found = jobProcesses(installation);
    if (found.length > 0) return found;
    assert.ok(performance.now() < deadline, "a job was started");
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was quicker.
  }
}

async function newest({ installation }: Stage) {
  const { backups } = await installation.askControl(listCustomerBackups, { customer: base });
  const stored = backups.find(({ state }) => state === "stored");
  assert.ok(stored, "there is a stored backup");
  return stored.backupId;
}

async function opened(
  { installation }: Stage,
  backupId: Awaited<ReturnType<typeof newest>>,
  fromByte: number,
) {
  const input = { of: { customer: base }, backupId, by, fromByte };
  return download(installation.folder.controlSocket, downloadBackup, input);
}

async function zipOf(stage: Stage): Promise<Buffer> {
  return buffer((await opened(stage, await newest(stage), 0)).body);
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Broken off at random places, gone on from there: the parts are the whole, byte for byte. */
const resumed: Fault = {
  name: "transfer/a download is cut at random places and resumed by its range",
  count: cuts,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const before = await stage.look();
    const backupId = await newest(stage);
    const wanted = await buffer((await opened(stage, backupId, 0)).body);
    const parts: Buffer[] = [];
    let at = 0;
    for (let cut = 0; cut <= cuts; cut++) {
      const { head, body } = await opened(stage, backupId, at);
      assert.equal(head.bytes, wanted.byteLength, "the size of the whole is told with every part");
      const enough =
        cut === cuts ? wanted.byteLength : at + Math.floor(stage.random() * (wanted.byteLength - at));
      for await (const chunk of body as AsyncIterable<Buffer>) {
        parts.push(chunk.subarray(0, enough - at));
        at += Math.min(chunk.byteLength, enough - at);
        if (at >= enough) break;
      }
    }
    assert.equal(digest(Buffer.concat(parts)), digest(wanted));
    await stage.judge(before);
  },
};

/** A download whose other end dies ends with an error or whole, never short; a range of it is made again. */
function cutDownload(what: string, harm: Kill): Fault {
  return {
    name: `transfer/a download, and ${what}`,
    count: 1,
    quick: what !== jobKilled,
    alarm: null,
    run: async (stage) => {
      const backupId = await newest(stage);
      const wanted = await zipOf(stage);
      const before = await stage.look();
      const got: Buffer[] = [];
      let hasFailed = false;
      // A job of little data has ended with its first bytes: it is killed while it begins.
      let harming = what === jobKilled ? harm(stage) : undefined;
      harming?.catch(() => undefined);
      try {
        const { body } = await opened(stage, backupId, 0);
        for await (const chunk of body as AsyncIterable<Buffer>) {
          got.push(chunk);
          await (harming ??= harm(stage));
        }
      } catch {
        hasFailed = true;
      }
      await harming;
      const had = Buffer.concat(got);
      if (!hasFailed && had.byteLength !== wanted.byteLength)
        throw new Unnoticed(`${had.byteLength} of ${wanted.byteLength} bytes came, and nothing failed`);
      const rest = await buffer((await opened(stage, backupId, had.byteLength)).body);
      assert.equal(digest(Buffer.concat([had, rest])), digest(wanted));
      await stage.judge(before);
    },
  };
}

/** An import that is cut leaves a note that it was tried, and nothing else: no object, no row that waits for ever. */
function cutImport(what: string, harm: Kill): Fault {
  return {
    name: `transfer/an import, and ${what}`,
    count: 1,
    quick: what !== jobKilled,
    alarm: null,
    run: async (stage) => {
      const zip = await zipOf(stage);
      const before = await stage.look();
      const at = Math.floor(zip.byteLength * (0.2 + 0.7 * stage.random()));
      // Whoever sends learns of the death before what died is there again.
      const harming = Promise.withResolvers<void>();
      const harmed: Kill = (harmedStage) => {
        harming.resolve(harm(harmedStage));
        return harming.promise;
      };
      await assert.rejects(sent(stage, halfOf(stage, zip.subarray(0, at), harmed)));
      await harming.promise;
      const after = await stage.judge(before);
      const had = new Set(linesOf(before));
      const more = linesOf(after).filter((line) => !had.has(line));
      assert.deepEqual(
        more.filter((line) => !/^row of backup \S+: failed of base$/.test(line)),
        [],
        "only a note that it was tried is left",
      );
    },
  };
}

function sent({ installation }: Stage, body: Readable) {
  const input = { of: { customer: base }, by };
  return upload(installation.folder.controlSocket, uploadBackup, { input, body });
}

/** Some of a zip, then the harm, then no more: as when the line of whoever sends is cut. */
function halfOf(stage: Stage, bytes: Buffer, harm: Kill): Readable {
  const pieces = async function* () {
    for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    await harm(stage);
    throw new Error("the line is cut");
  };
  return Readable.from(pieces());
}

/** A zip of which one byte is another is refused and leaves nothing; the same zip whole is taken, and read back. */
const importRefused: Fault = {
  name: "transfer/a zip with one changed byte is refused, the whole one is taken",
  count: 1,
  quick: true,
  alarm: null,
  run: async (stage) => {
    const zip = await zipOf(stage);
    const before = await stage.look();
    const changed = Buffer.from(zip);
    // Inside dump.sql: what zip itself says of its entries comes at the end.
    const at = Math.floor(zip.byteLength * (0.2 + 0.3 * stage.random()));
    changed[at] = (changed[at] ?? 0) ^ 1;
    const refused = await sent(stage, Readable.from([changed])).then(
      () => false,
      () => true,
    );
    if (!refused) throw new Unnoticed(`byte ${at} of a zip was changed, and it was taken`);
    await stage.judge(before);
    const { state } = await sent(stage, Readable.from([zip]));
    assert.equal(state, "stored");
  },
};
