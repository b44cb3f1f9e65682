/**
 * Flips single bits of stored copies, one after the other, and reads each copy back: one process for all of
 * them, so that a thousand take seconds. stdin: one line of JSON. stdout: one line of JSON.
 */
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { openVault } from "../open-vault.ts";
import { verifyCopies } from "../verify.ts";

interface Order {
  readonly tenantId: TenantId;
  readonly dataKey: string;
  /** Folders of directory vaults. */
  readonly vaults: readonly string[];
  readonly flips: number;
  readonly seed: number;
}

/** A piece and its tag: how near the place that is named has to be. */
const pieceBytes = 65_552;
const headBytes = 200;

const [line = ""] = await Array.fromAsync(createInterface({ input: process.stdin }));
const order: Order = JSON.parse(line);
const next = lottery(order.seed);
const unnoticed: string[] = [];
let bytes = 0;
for (let flip = 0; flip < order.flips; flip++) {
  const path = pick(order.vaults);
  const backup = pick(
    readdirSync(join(path, "store", order.tenantId)).filter((name) => name.endsWith(".hfb")),
  );
  const complaint = await flipped(path, backup);
  if (complaint !== undefined) unnoticed.push(complaint);
}
process.stdout.write(`${JSON.stringify({ flips: order.flips, bytes, unnoticed })}\n`);

async function flipped(path: string, backup: string): Promise<string | undefined> {
  const file = await open(join(path, "store", order.tenantId, backup), "r+");
  try {
    const { size } = await file.stat();
    bytes += size;
    const at = Math.floor(next() * size);
    const bit = 1 << Math.floor(next() * 8);
    await turn(file, at, bit);
    const found = await read(path, backup.slice(0, -4) as BackupId);
    await turn(file, at, bit);
    if (found?.kind !== "damaged") return `${backup}, byte ${at}: ${found?.kind}`;
    const near = at >= (found.atByte ?? 0) && at < (found.atByte ?? 0) + pieceBytes + headBytes;
    return near ? undefined : `${backup}, byte ${at}: damage is named at byte ${found.atByte}`;
  } finally {
    await file.close();
  }
}

async function turn(file: Awaited<ReturnType<typeof open>>, at: number, bit: number): Promise<void> {
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ bit;
  await file.write(byte, 0, 1, at);
}

async function read(path: string, backupId: BackupId) {
  const place = {
    name: "flipped",
    dataCenter: "",
    city: "",
    country: "",
    continent: "",
    provider: "",
    simulated: true,
  };
  const vault = openVault({ kind: "directory", path, keeper: "inline", place });
  const dataKey = Buffer.from(order.dataKey, "base64");
  const { copies } = await verifyCopies({ tenantId: order.tenantId, backupId, dataKey, vaults: [vault] });
  return copies[0];
}

function pick<T>(from: readonly T[]): T {
  const chosen = from[Math.floor(next() * from.length)];
  if (chosen === undefined) throw new Error("there is nothing to flip");
  return chosen;
}

/** Mulberry32: small, repeatable, good enough to choose places. */
function lottery(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
