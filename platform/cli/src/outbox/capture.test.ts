import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { silentLog } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import { type Capture, type CaptureLimits, captureMail } from "./capture.ts";

let folder: string;
let capture: Capture | undefined;
const clock = new ManualClock(Date.UTC(2026, 0, 1));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hf-outbox-"));
});
afterEach(async () => {
  await capture?.close();
  rmSync(folder, { recursive: true });
});

async function start(limits: Partial<CaptureLimits> = {}): Promise<number> {
  capture = await captureMail({ folder, port: 0, clock, random: systemRandom, log: silentLog, limits });
  return capture.port;
}

/** Says each line when the server has answered the one before. @returns the codes of all answers. */
function converse(port: number, lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const codes: string[] = [];
    const left = [...lines, "QUIT"];
    const socket = connect(port, "127.0.0.1").setEncoding("utf8");
    socket.on("error", reject).on("close", () => resolve(codes));
    socket.on("data", (text: string) => {
      for (const answer of text.trim().split("\r\n")) {
        if (/^\d{3}-/.test(answer)) continue;
        codes.push(answer.slice(0, 3));
        const next = left.shift();
        if (next !== undefined) socket.write(`${next}\r\n`);
      }
    });
  });
}

const send = (port: number, body: string, to: readonly string[] = ["bob@example.com"]): Promise<string[]> =>
  converse(port, [
    "EHLO test",
    "MAIL FROM:<alice@example.com>",
    ...to.map((address) => `RCPT TO:<${address}>`),
    "DATA",
    `${body}\r\n.`,
  ]);

const mails = (): string[] => readdirSync(folder).sort();

describe("the outbox", () => {
  test("keeps a mail as it came, with its envelope before it, for its owner and the group of its folder", async () => {
    const port = await start();
    assert.deepEqual(await send(port, "Subject: Hello\r\n\r\nBody", ["bob@example.com", "eve@example.com"]), [
      "220",
      "250",
      "250",
      "250",
      "250",
      "354",
      "250",
      "221",
    ]);
    const [name = ""] = mails();
    assert.match(name, /^[0-9a-f-]{36}\.eml$/);
    const text = readFileSync(join(folder, name), "utf8");
    assert.ok(
      text.startsWith(
        "X-Envelope-From: alice@example.com\r\nX-Envelope-To: bob@example.com, eve@example.com\r\nSubject: Hello\r\n",
      ),
    );
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o640);
  });

  test("refuses a mail over the limit and keeps nothing of it", async () => {
    const port = await start({ mailBytes: 200 });
    assert.ok((await send(port, "x".repeat(1_000))).includes("552"));
    assert.deepEqual(mails(), []);
  });

  test("refuses recipients over the limit", async () => {
    const port = await start({ recipients: 1 });
    assert.ok((await send(port, "Hi", ["a@example.com", "b@example.com"])).includes("452"));
  });

  test("forgets the oldest mails over the limit", async () => {
    const port = await start({ mails: 2 });
    for (const text of ["one", "two", "three"]) {
      clock.advance(1_000);
      await send(port, text);
    }
    assert.deepEqual(
      mails().map((name) => readFileSync(join(folder, name), "utf8").trim().split("\r\n").at(-1)),
      ["two", "three"],
    );
  });

  test("forgets the oldest mails when all together are too large, whoever sends them", async () => {
    const port = await start({ folderBytes: 2_500 });
    for (let sent = 0; sent < 4; sent++) {
      clock.advance(1_000);
      await send(port, `${sent} ${"x".repeat(900)}`);
    }
    assert.equal(mails().length, 2);
    assert.ok(mails().every((name) => /^[23] x/m.test(readFileSync(join(folder, name), "utf8"))));
  });

  test("listens on the loopback address only", async () => {
    const port = await start();
    await assert.rejects(throughAnotherAddress(port));
  });
});

/** Through another address of this machine, if it has one. */
async function throughAnotherAddress(port: number): Promise<void> {
  const { networkInterfaces } = await import("node:os");
  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === "IPv4")?.address;
  if (!address) throw new Error("this machine has no other address");
  await new Promise<void>((resolve, reject) => {
    connect(port, address)
      .once("connect", () => resolve())
      .once("error", reject);
  });
}
