/**
 * Flips single bits of all that vaults hold of a customer, backups and catalog heads, one after the other, and reads
 * each again as a verification does: one process for all of them, so that a thousand take seconds. stdin: one line of
 * JSON. stdout: one line of JSON.
 */
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { readCatalog } from "../catalog-store.ts";
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
let [bytes, heads] = [0, 0];
for (let flip = 0; flip < order.flips; flip++) {
  const path = pick(order.vaults);
  const object = pick(
    readdirSync(join(path, "store", order.tenantId)).filter((name) => /\.hf[bh]$/.test(name)),
  );
  if (object.endsWith(".hfh")) heads += 1;
  const complaint = await flipped(path, object);
  if (complaint !== undefined) unnoticed.push(complaint);
}
process.stdout.write(`${JSON.stringify({ flips: order.flips, heads, bytes, unnoticed })}\n`);

async function flipped(path: string, object: string): Promise<string | undefined> {
  const file = await open(join(path, "store", order.tenantId, object), "r+");
  try {
    const { size } = await file.stat();
    bytes += size;
    const at = Math.floor(next() * size);
    const bit = 1 << Math.floor(next() * 8);
    await turn(file, at, bit);
    const complaint = object.endsWith(".hfh") ? await ofHead(path, object) : await ofBackup(path, object, at);
    await turn(file, at, bit);
    return complaint === undefined ? undefined : `${object}, byte ${at}: ${complaint}`;
  } finally {
    await file.close();
  }
}

/** @returns what is wrong with how a flip in a backup was noticed. */
async function ofBackup(path: string, object: string, at: number): Promise<string | undefined> {
  const found = await read(path, object.slice(0, -4) as BackupId);
  if (found?.kind !== "damaged") return found?.kind ?? "nothing was read";
  const near = at >= (found.atByte ?? 0) && at < (found.atByte ?? 0) + pieceBytes + headBytes;
  return near ? undefined : `damage is named at byte ${found.atByte}`;
}

/** A head of which one bit is another is none that this customer's key has signed. */
async function ofHead(path: string, object: string): Promise<string | undefined> {
  const { tenantId } = order;
  const { heads: found } = await readCatalog(vaultAt(path), {
    tenantId,
    dataKey: Buffer.from(order.dataKey, "base64"),
  });
  const head = found.find(({ counter }) => counter === Number(object.slice(0, -4)));
  if (head === undefined) return "the catalog was not read";
  return head.head === undefined ? undefined : "the catalog passes for signed";
}

async function turn(file: Awaited<ReturnType<typeof open>>, at: number, bit: number): Promise<void> {
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ bit;
  await file.write(byte, 0, 1, at);
}

async function read(path: string, backupId: BackupId) {
  const dataKey = Buffer.from(order.dataKey, "base64");
  const { tenantId } = order;
  const { copies } = await verifyCopies({ tenantId, backupId, dataKey, vaults: [vaultAt(path)] });
  return copies[0];
}

function vaultAt(path: string) {
  const place = {
    name: "flipped",
    dataCenter: "",
    city: "",
    country: "",
    continent: "",
    provider: "",
    simulated: true,
  };
  return openVault({ kind: "directory", path, keeper: "inline", place });
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
