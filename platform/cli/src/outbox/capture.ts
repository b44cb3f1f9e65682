import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import { newId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";

export interface CaptureOptions {
  /** Where each mail becomes `<id>.eml`; ids sort by time. */
  readonly folder: string;
  /** 0 for any. Always on 127.0.0.1: nothing ever leaves this machine. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<CaptureLimits>;
}

export interface CaptureLimits {
  readonly mailBytes: number;
  /** The oldest go when there are more. */
  readonly mails: number;
  /** And when all together are larger: every user of this machine may send, and none may fill its disk. */
  readonly folderBytes: number;
  readonly clients: number;
  readonly recipients: number;
}

export const captureLimits: CaptureLimits = {
  mailBytes: 26_214_400,
  mails: 2_000,
  folderBytes: 268_435_456,
  clients: 32,
  recipients: 100,
};

export interface Capture {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A mail server that delivers nothing and keeps everything: demo and tests send real SMTP to it, and
 * operators read the mails on a page of the panel. The envelope stands before the mail's own head.
 */
export async function captureMail(options: CaptureOptions): Promise<Capture> {
  const limits = { ...captureLimits, ...options.limits };
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  shareKept(options.folder);
  const server = new SMTPServer({
    name: "outbox.localhost",
    size: limits.mailBytes,
    maxClients: limits.clients,
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    socketTimeout: 30_000,
    closeTimeout: 2_000,
    onRcptTo(_address, session, done) {
      if (session.envelope.rcptTo.length < limits.recipients) done();
      else done(refusal(452, `at most ${limits.recipients} recipients a mail`));
    },
    onData(stream, session, done) {
      keep(stream, session, options, limits).then(
        () => done(),
        (error: Error) => done(error),
      );
    },
  });
  server.on("error", (error) => options.log("warn", "a mail client failed", { error }));
  await new Promise<void>((resolve, reject) => {
    server.server.once("error", reject);
    server.listen(options.port, "127.0.0.1", () => resolve());
  });
  const { port } = server.server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function keep(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  options: CaptureOptions,
  limits: CaptureLimits,
): Promise<void> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    // Read on to the end, so that the client hears the refusal; keep nothing more.
    if (bytes <= limits.mailBytes) pieces.push(piece);
  }
  if (bytes > limits.mailBytes) throw refusal(552, `a mail has at most ${limits.mailBytes} bytes`);
  const id = newId<"mail">(options.clock.now(), options.random.bytes(10));
  const path = join(options.folder, `${id}.eml`);
  writeFileSync(`${path}.part`, Buffer.concat([envelope(session), ...pieces]), { mode: 0o640 });
  renameSync(`${path}.part`, path);
  forgetOldest(options.folder, limits);
  options.log("info", "kept a mail", { id, bytes });
}

/** Mails that an older version kept for its own user alone: whoever may open the folder may read them. */
function shareKept(folder: string): void {
  const { gid } = statSync(folder);
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".eml"))) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (!found.isFile() || found.gid === gid) continue;
    lchownSync(path, found.uid, gid);
    chmodSync(path, 0o640);
  }
}

function envelope(session: SMTPServerSession): Buffer {
  const { mailFrom, rcptTo } = session.envelope;
  const to = rcptTo.map((recipient) => recipient.address).join(", ");
  return Buffer.from(`X-Envelope-From: ${mailFrom ? mailFrom.address : ""}\r\nX-Envelope-To: ${to}\r\n`);
}

function forgetOldest(folder: string, { mails, folderBytes }: CaptureLimits): void {
  const newestFirst = readdirSync(folder)
    .filter((name) => name.endsWith(".eml"))
    .sort()
    .reverse();
  let bytes = 0;
  for (const [at, name] of newestFirst.entries()) {
    const path = join(folder, name);
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (at >= mails || bytes > folderBytes) rmSync(path, { force: true });
  }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
