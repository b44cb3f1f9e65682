import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Log, silentLog } from "@holdfast/kernel/log";
import type { z } from "zod";
import {
  type ByteAnswer,
  type Download,
  headerBytes,
  headHeader,
  inputHeader,
  toHeader,
  type Upload,
} from "./byte-method.ts";
import { checkedInput, type Method, type OutputOf, type Progress } from "./method.ts";
import { refusalLog } from "./refusal-log.ts";
import { LongReply, type Reply, ShortReply } from "./reply.ts";
import { listenAt, type SocketAccess } from "./unix-socket.ts";
import { protocolVersion, versionHeader, wireLimits } from "./wire.ts";

export interface HandlerContext {
  /** Aborted when the caller went away, the time is over or the server closes: stop and clean up. */
  readonly signal: AbortSignal;
  /** Tells the caller how far it is; ignored for methods that are not declared with progress. */
  readonly progress: (progress: Progress) => void;
}

/** A method with the code that answers it; made by {@link handle}, {@link handleDownload} or {@link handleUpload}. */
export interface Handler {
  readonly method: Method;
  readonly run: (input: unknown, context: HandlerContext) => Promise<unknown>;
  /** `download`: `run` gives a ByteAnswer. `upload`: the request's body is bytes, the input is in a header. */
  readonly bytes?: "download" | "upload";
}

/** Who may call (by default our own user only) and what is logged. */
export interface ServeOptions extends SocketAccess {
  readonly log?: Log;
  /** For tests; by default the limits of the protocol. */
  readonly limits?: Partial<Record<keyof typeof wireLimits, number>>;
}

export interface Serving {
  /** Takes no more requests, aborts those that run, resolves when all are answered. */
  close(): Promise<void>;
}

type Limits = Record<keyof typeof wireLimits, number>;

/** Joins a declared method with its code, so that the types of both ends are one. */
export function handle<M extends Method>(
  method: M,
  run: (input: z.output<M["input"]>, context: HandlerContext) => Promise<OutputOf<M>>,
): Handler {
  return { method, run: (input, context) => run(input as z.output<M["input"]>, context) };
}

/** Joins a declared download with its code. */
export function handleDownload<D extends Download>(
  method: D,
  run: (input: z.output<D["input"]>, context: HandlerContext) => Promise<ByteAnswer<z.input<D["head"]>>>,
): Handler {
  const declared = { name: method.name, input: method.input, output: method.head, progress: false };
  return { method: declared, bytes: "download", run: (input, context) => run(input as never, context) };
}

/** Joins a declared upload with its code; whatever is left unread of the body is thrown away. */
export function handleUpload<U extends Upload>(
  method: U,
  run: (
    input: z.output<U["input"]>,
    context: HandlerContext & { readonly body: Readable },
  ) => Promise<z.input<U["output"]>>,
): Handler {
  const declared = { name: method.name, input: method.input, output: method.output, progress: true };
  return {
    method: declared,
    bytes: "upload",
    run: (input, context) => run(input as never, context as never),
  };
}

/**
 * Answers the declared methods on a unix socket. A socket left by a dead process is replaced.
 *
 * @throws ExpectedError `conflict` when a living process listens there already.
 * Anything that is not a declared method is `not_found` and logged; anything over a limit is refused by name.
 */
export async function serve(
  socketPath: string,
  handlers: readonly Handler[],
  options: ServeOptions = {},
): Promise<Serving> {
  const limits: Limits = { ...wireLimits, ...options.limits };
  const byPath = new Map(handlers.map((handler) => [`/${handler.method.name}`, handler]));
  if (byPath.size !== handlers.length) throw new TypeError("a method is handled twice");
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const log = options.log ?? silentLog;
  const refused = refusalLog(log, socketPath);
  const server = createServer((request, response) => {
    const answered = answer(request, response, {
      byPath,
      limits,
      stopping: stopping.signal,
      open: running.size,
      log,
      refused,
    });
    running.add(answered);
    void answered.finally(() => running.delete(answered));
  });
  // What takes a stream of bytes cannot be given a time for all of it; only our own users reach the socket.
  server.requestTimeout = handlers.some(({ bytes }) => bytes === "upload") ? 0 : 30_000;
  await listenAt(server, socketPath, options);
  return { close: () => close(server, stopping, running) };
}

interface Serverside {
  readonly byPath: ReadonlyMap<string, Handler>;
  readonly limits: Limits;
  readonly stopping: AbortSignal;
  readonly open: number;
  readonly log: Log;
  /** Notes a method that this socket does not carry. */
  readonly refused: (name: string) => void;
}

async function answer(request: IncomingMessage, response: ServerResponse, side: Serverside): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort(new ExpectedError("gone", "the caller went away")));
  response.on("error", () => undefined);
  let reply: Reply = new ShortReply(response);
  try {
    const { handler, input } = await accept(request, side);
    const milliseconds =
      handler.method.progress || handler.bytes
        ? side.limits.longMethodMilliseconds
        : side.limits.shortMethodMilliseconds;
    const signal = AbortSignal.any([gone.signal, side.stopping, AbortSignal.timeout(milliseconds)]);
    const unread = handler.bytes === "upload" ? request : undefined;
    if (handler.method.progress) reply = new LongReply(response, side.limits.heartbeatMilliseconds, unread);
    const context = { signal, progress: (progress: Progress) => reply.progress(progress), body: request };
    const result = await untilAborted(handler.run(input, context), signal);
    if (handler.bytes === "download") {
      await sendBytes(response, handler, result as ByteAnswer<unknown>);
      return;
    }
    reply.result(handler.method.output.parse(result));
  } catch (error) {
    const reference = crypto.randomUUID();
    if (!(error instanceof ExpectedError))
      side.log("error", "a method failed", { path: request.url, reference, error });
    reply.error(error, reference);
  } finally {
    reply.stop();
  }
}

/** After its first byte an error can only be told by cutting the answer. */
async function sendBytes(
  response: ServerResponse,
  { method }: Handler,
  { head, body }: ByteAnswer<unknown>,
): Promise<void> {
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    connection: "close",
    [headHeader]: toHeader(method.output.parse(head)),
  });
  try {
    await pipeline(body, response);
  } catch {
    response.destroy();
  }
}

async function accept(
  request: IncomingMessage,
  side: Serverside,
): Promise<{ handler: Handler; input: unknown }> {
  if (side.open >= side.limits.openRequests)
    throw new ExpectedError(
      "too_many",
      `${side.open} requests are open, at most ${side.limits.openRequests} allowed`,
    );
  const version = request.headers[versionHeader];
  if (version !== protocolVersion)
    throw new ExpectedError(
      "conflict",
      `this part speaks protocol ${protocolVersion}, the caller "${String(version)}"`,
      {
        hint: "a process of another version still runs: `bin/up --stop`, then `bin/up`",
      },
    );
  const handler = request.method === "POST" ? side.byPath.get(request.url ?? "") : undefined;
  if (!handler) {
    const name = String(request.url).slice(1, 80);
    side.refused(name);
    throw new ExpectedError("not_found", `there is no method "${name}"`);
  }
  if (handler.bytes === "upload") {
    const given = String(request.headers[inputHeader] ?? "").slice(0, headerBytes);
    return { handler, input: readInput(handler.method, Buffer.from(given, "base64url").toString("utf8")) };
  }
  return { handler, input: readInput(handler.method, await readBody(request, side.limits.requestBytes)) };
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes)
      throw new ExpectedError("too_large", `the request is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function readInput(method: Method, body: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new ExpectedError("bad_request", `the body of ${method.name} is not JSON`);
  }
  return checkedInput(method, json);
}

/** A handler that ignores its signal must not hold the answer back; its own clean-up goes on. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(abortReason(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } catch (error) {
    work.catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function abortReason(signal: AbortSignal): Error {
  if (signal.reason instanceof ExpectedError) return signal.reason;
  return new ExpectedError("unavailable", "the time for this method is over", { cause: signal.reason });
}

async function close(
  server: Server,
  stopping: AbortController,
  running: ReadonlySet<Promise<void>>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  stopping.abort(new ExpectedError("unavailable", "the part is stopping", { hint: "try again in a moment" }));
  await Promise.allSettled(running);
  server.closeAllConnections();
  await closed;
}
