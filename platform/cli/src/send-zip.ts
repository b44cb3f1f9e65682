import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { call } from "@holdfast/protocol/call";
import { upload } from "@holdfast/protocol/call-bytes";
import type { Progress } from "@holdfast/protocol/method";
import type { Owner } from "@holdfast/protocol/transfer-methods";
import { emptyDigest, nextDigest } from "@holdfast/protocol/upload-digest";
import {
  appendToUpload,
  beginUpload,
  largestUploadBytes,
  lookAtUpload,
  takeUpload,
  type UploadState,
  uploadBlockBytes,
} from "@holdfast/protocol/upload-methods";

/** See {@link sendZip}. */
export interface Sending {
  readonly controlSocket: string;
  readonly of: Owner;
  /** Whom it shall become; then `of` is the panel's own database. */
  readonly as: { readonly customer: string; readonly email: string } | null;
  readonly by: string;
  readonly path: string;
  readonly show: (progress: Progress) => void;
}

type Taken = Exclude<NonNullable<UploadState["ended"]>, { readonly error: unknown }>;

/** How long control may be away, as while it is started anew, before we give up. */
const patienceMs = 5 * 60_000;
const pauseMs = { first: 250, most: 10_000 };
const lookMs = 300;
/** What no user of the panel has for a number. */
const beyondPeople = 2 ** 40;

/**
 * Sends a file by blocks and has it taken in. Goes on where an earlier run with the same file was broken off, waits
 * for a control that is started anew, and what is being taken in goes on without us.
 *
 * @throws ExpectedError as control raised it; `unavailable` when it stayed away.
 */
export async function sendZip(sending: Sending): Promise<Taken> {
  const file = await open(sending.path, "r");
  try {
    const { size } = await file.stat();
    if (size > largestUploadBytes)
      throw new ExpectedError("too_large", `a zip by pieces has at most ${largestUploadBytes / 2 ** 30} GB`, {
        hint: "send it in one go: give - as the file and the zip as the standard input",
      });
    const begun = await patiently(() => goOn(sending, file, size));
    await sendRest(sending, file, begun);
    return await taken(sending, begun);
  } finally {
    await file.close();
  }
}

/** At the command line there is one upload of each customer, of new ones too: one never drops that of another. */
const owned = ({ of, as }: Sending) => ({ of, person: as === null ? 0 : personOf(as.customer) });

function personOf(customer: string): number {
  return beyondPeople + createHash("sha256").update(customer).digest().readUInt32BE();
}

async function goOn(sending: Sending, file: FileHandle, size: number): Promise<UploadState> {
  const left = await call(sending.controlSocket, lookAtUpload, owned(sending));
  if (left?.ended === null && left.bytes === size && (await isSame(file, left))) return left;
  const name = sending.path.split("/").at(-1) ?? "a zip";
  const wish = { ...owned(sending), by: sending.by, name: name.slice(0, 200), bytes: size, as: sending.as };
  return call(sending.controlSocket, beginUpload, wish);
}

async function sendRest(sending: Sending, file: FileHandle, begun: UploadState): Promise<void> {
  const { uploadId, bytes } = begun;
  let { offset } = begun;
  while (offset < bytes) {
    sending.show({ step: "sending", done: offset, total: bytes, unit: "bytes" });
    const block = await blockAt(file, offset, bytes);
    const at = offset;
    const kept = await patiently(() =>
      upload(sending.controlSocket, appendToUpload, {
        input: { ...owned(sending), uploadId, offset: at },
        body: Readable.from([block]),
      }),
    );
    // Not the next one: its first try had arrived, or somebody else sends too.
    if (!kept.isNext && !(await isSame(file, { ...begun, ...kept })))
      throw new ExpectedError("conflict", "Another zip is being sent from a command line already.", {
        hint: "Wait until it has ended.",
      });
    offset = kept.offset;
  }
}

async function taken(sending: Sending, { uploadId }: UploadState): Promise<Taken> {
  const asked = { ...owned(sending), uploadId, by: sending.by, as: sending.as };
  for (;;) {
    const { ended, taking, bytes } = await patiently(async () => {
      const found = await call(sending.controlSocket, takeUpload, asked);
      const { ended: end } = found;
      if (end !== null && "error" in end && passing.has(end.error.code))
        throw new ExpectedError("unavailable", end.error.message);
      return found;
    });
    if (ended !== null && "error" in ended) {
      const { message, hint } = ended.error;
      throw new ExpectedError("invalid", message, hint === undefined ? {} : { hint });
    }
    if (ended !== null) return ended;
    sending.show({ step: "taking it in", done: taking?.doneBytes ?? 0, total: bytes, unit: "bytes" });
    await wait(lookMs);
  }
}

async function isSame(file: FileHandle, { offset, digest, bytes }: UploadState): Promise<boolean> {
  let soFar = emptyDigest;
  for (let at = 0; at < offset; at += uploadBlockBytes)
    soFar = nextDigest(soFar, await blockAt(file, at, bytes));
  return soFar.toString("hex") === digest;
}

async function blockAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const wanted = Math.min(uploadBlockBytes, bytes - offset);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
  if (bytesRead === wanted) return buffer;
  throw new ExpectedError("conflict", "The file became shorter while it was read.");
}

/** What passes by itself. */
const passing: ReadonlySet<string> = new Set(["unavailable", "too_many"]);

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof ExpectedError && passing.has(error.code);
      if (!passes || performance.now() > giveUpAt) throw error;
      await wait(pause);
    }
  }
}
