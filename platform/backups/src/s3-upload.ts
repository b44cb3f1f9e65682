import type { CompletedPart } from "@aws-sdk/client-s3";
import { ExpectedError } from "@holdfast/kernel/errors";
import { limits } from "./limits.ts";
import { md5, type S3Connection } from "./s3-connection.ts";
import type { PutOptions } from "./vault.ts";
import { VaultError } from "./vault-error.ts";

/** One object on its way to a bucket. */
export interface Upload {
  readonly at: { readonly Bucket: string; readonly Key: string };
  readonly content: AsyncIterable<Uint8Array>;
  readonly options: PutOptions;
}

/**
 * Sends an object in parts, each with its digest; one that fits in one part in one request. Memory is two parts. What
 * fails or is cancelled is taken back, unless it may be resumed: then each part that is there already with the same
 * MD5 is not sent again.
 *
 * @returns its size. @throws VaultError; `conflict` when the name exists.
 */
export async function upload(s3: S3Connection, { at, content, options }: Upload): Promise<number> {
  const parts = inParts(content);
  const first = (await parts.next()).value ?? Buffer.alloc(0);
  const second = await parts.next();
  if (second.done === true) return single(s3, { at, body: first, options });
  const known = options.resume === undefined ? undefined : await unfinished(s3, at, options);
  const id = known?.id ?? (await begin(s3, at, options));
  try {
    return await rest(s3, {
      at,
      id,
      options,
      known: known?.parts ?? new Map(),
      parts: all(first, second.value, parts),
    });
  } catch (error) {
    if (options.resume === undefined) await abandon(s3, at, id).catch(() => undefined);
    throw error;
  }
}

/** The n-th part's size, from 1: grows, so that 10,000 parts reach 1 TiB while small objects need little memory. */
export function partBytes(number: number): number {
  return (number <= 1_000 ? 8 : number <= 5_000 ? 64 : 256) * 2 ** 20;
}

async function single(
  s3: S3Connection,
  { at, body, options }: { at: Upload["at"]; body: Buffer; options: PutOptions },
): Promise<number> {
  const wanted = {
    ...at,
    Body: body,
    ContentMD5: md5(body).toString("base64"),
    ...s3.lockUntil(Date.now()),
  };
  await onlyNew((condition) =>
    s3.run((sdk, client) =>
      client.send(new sdk.PutObjectCommand({ ...wanted, ...condition }), signalOf(options)),
    ),
  );
  return body.byteLength;
}

interface Rest {
  readonly at: Upload["at"];
  readonly id: string;
  readonly options: PutOptions;
  readonly known: ReadonlyMap<number, Part>;
  readonly parts: AsyncIterable<Buffer>;
}

interface Part {
  readonly etag: string;
  readonly bytes: number;
}

async function rest(s3: S3Connection, { at, id, options, known, parts }: Rest): Promise<number> {
  const done: CompletedPart[] = [];
  let bytes = 0;
  let sending: Promise<unknown> = Promise.resolve();
  for await (const body of parts) {
    options.signal?.throwIfAborted();
    await sending;
    const PartNumber = done.length + 1;
    const slot: CompletedPart = { PartNumber };
    done.push(slot);
    bytes += body.byteLength;
    if (bytes > limits.objectBytes)
      throw new ExpectedError("too_large", "a backup is larger than a vault object may be");
    sending = sendPart(s3, { at, id, body, PartNumber, options, known: known.get(PartNumber) }).then(
      (etag) => {
        slot.ETag = etag;
      },
    );
    sending.catch(() => undefined); // told when it is awaited
  }
  await sending;
  options.signal?.throwIfAborted();
  const wanted = { ...at, UploadId: id, MultipartUpload: { Parts: done } };
  await onlyNew((condition) =>
    s3.run((sdk, client) => client.send(new sdk.CompleteMultipartUploadCommand({ ...wanted, ...condition }))),
  );
  return bytes;
}

async function sendPart(
  s3: S3Connection,
  part: {
    readonly at: Upload["at"];
    readonly id: string;
    readonly body: Buffer;
    readonly PartNumber: number;
    readonly options: PutOptions;
    readonly known: Part | undefined;
  },
): Promise<string> {
  const { at, id, body, PartNumber, options, known } = part;
  const digest = md5(body);
  const wanted = { ...at, UploadId: id, PartNumber, Body: body, ContentMD5: digest.toString("base64") };
  if (known?.bytes === body.byteLength && known.etag.replaceAll('"', "") === digest.toString("hex"))
    return known.etag;
  const sent = await s3.run((sdk, client) =>
    client.send(new sdk.UploadPartCommand(wanted), signalOf(options)),
  );
  if (sent.ETag !== undefined) return sent.ETag;
  throw new VaultError(s3.spec.place.name, "lying", { why: "took a part and gave no receipt" });
}

async function begin(s3: S3Connection, at: Upload["at"], options: PutOptions): Promise<string> {
  const wanted = { ...at, ...s3.lockUntil(Date.now()) };
  const begun = await s3.run((sdk, client) =>
    client.send(new sdk.CreateMultipartUploadCommand(wanted), signalOf(options)),
  );
  if (begun.UploadId !== undefined) return begun.UploadId;
  throw new VaultError(s3.spec.place.name, "lying", { why: "began an upload and gave it no id" });
}

/** The newest upload of this name that was never ended, with its parts. */
async function unfinished(s3: S3Connection, at: Upload["at"], options: PutOptions) {
  const id = (await unfinishedUploads(s3, at.Key, options)).at(-1);
  if (id === undefined) return undefined;
  const parts = new Map<number, Part>();
  let marker: string | undefined;
  do {
    const wanted = { ...at, UploadId: id, ...(marker === undefined ? {} : { PartNumberMarker: marker }) };
    const found = await s3.run((sdk, client) =>
      client.send(new sdk.ListPartsCommand(wanted), signalOf(options)),
    );
    for (const { PartNumber = 0, ETag = "", Size = 0 } of found.Parts ?? [])
      parts.set(PartNumber, { etag: ETag, bytes: Size });
    marker = found.IsTruncated === true ? found.NextPartNumberMarker : undefined;
  } while (marker !== undefined && parts.size < 10_000);
  return { id, parts };
}

/** Ids of a key's uploads that were begun and not ended, oldest first. */
export async function unfinishedUploads(
  s3: S3Connection,
  key: string,
  options: PutOptions = {},
): Promise<string[]> {
  const wanted = { Bucket: s3.spec.bucket, Prefix: key };
  const found = await s3.run((sdk, client) =>
    client.send(new sdk.ListMultipartUploadsCommand(wanted), signalOf(options)),
  );
  return (found.Uploads ?? [])
    .filter(({ Key }) => Key === key)
    .sort((one, other) => (one.Initiated?.getTime() ?? 0) - (other.Initiated?.getTime() ?? 0))
    .flatMap(({ UploadId }) => UploadId ?? []);
}

/** Takes a begun upload back; one that is gone already is as wished. */
export async function abandon(s3: S3Connection, at: Upload["at"], id: string): Promise<void> {
  try {
    await s3.run((sdk, client) => client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId: id })));
  } catch (error) {
    if (!(error instanceof ExpectedError && error.code === "not_found")) throw error;
  }
}

/** Asks the server to refuse an existing name; one that does not know the condition is asked without it. */
async function onlyNew<T>(send: (condition: { IfNoneMatch?: string }) => Promise<T>): Promise<T> {
  try {
    return await send({ IfNoneMatch: "*" });
  } catch (error) {
    const status = (error as { cause?: { $metadata?: { httpStatusCode?: number } } }).cause?.$metadata;
    if (status?.httpStatusCode === 501) return send({});
    throw error;
  }
}

/** What a request of the library takes to be given up. */
export const signalOf = ({ signal }: PutOptions) => (signal === undefined ? {} : { abortSignal: signal });

/** Cuts a stream into parts of the sizes that {@link partBytes} wants, the last shorter. */
async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let [pieces, bytes, number]: [Uint8Array[], number, number] = [[], 0, 1];
  for await (const chunk of content)
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + partBytes(number) - bytes);
      pieces.push(piece);
      bytes += piece.byteLength;
      at += piece.byteLength;
      if (bytes < partBytes(number)) continue;
      yield Buffer.concat(pieces);
      [pieces, bytes, number] = [[], 0, number + 1];
    }
  if (bytes > 0) yield Buffer.concat(pieces);
  return undefined;
}

async function* all(first: Buffer, second: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield second;
  yield* others;
}
