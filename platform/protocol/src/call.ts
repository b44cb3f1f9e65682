import { type IncomingMessage, request } from "node:http";
import { ExpectedError } from "@holdfast/kernel/errors";
import { checkedInput, type InputOf, type Method, type OutputOf, type Progress } from "./method.ts";
import {
  fromWire,
  lineSchema,
  PartFailed,
  protocolVersion,
  versionHeader,
  wireErrorSchema,
  wireLimits,
} from "./wire.ts";

export interface CallOptions {
  /** Called for each step of a long method; the last word comes as the result. */
  readonly onProgress?: (progress: Progress) => void;
  /** Closing the request is how a caller cancels: the other end stops and cleans up. */
  readonly signal?: AbortSignal;
  readonly timeoutMilliseconds?: number;
}

/**
 * Asks another part to do something and waits for the answer.
 *
 * @throws ExpectedError as the other part raised it (code, message, hint), `unavailable` when nobody
 * listens or the answer stays away; {@link PartFailed} for a defect there; what the signal aborted with.
 */
export async function call<M extends Method>(
  socketPath: string,
  method: M,
  input: InputOf<M>,
  options: CallOptions = {},
): Promise<OutputOf<M>> {
  const body = JSON.stringify(checkedInput(method, input));
  if (Buffer.byteLength(body) > wireLimits.requestBytes)
    throw new ExpectedError("too_large", `the request is longer than ${wireLimits.requestBytes} bytes`);
  options.signal?.throwIfAborted();
  const response = await send(socketPath, method, body, options);
  const answer =
    method.progress && response.statusCode === 200
      ? await lastOfLines(response, options)
      : await wholeBody(response, options);
  return understood(method, answer);
}

/** @throws ExpectedError `conflict` for an answer of another shape: after an update the parts run the former code until they are started anew. */
function understood<M extends Method>(method: M, answer: unknown): OutputOf<M> {
  const read = method.output.safeParse(answer);
  if (read.success) return read.data as OutputOf<M>;
  throw new ExpectedError("conflict", `the answer to ${method.name} is of another version than this`, {
    hint: "bin/up --stop, then bin/up: it starts what is installed here",
    cause: read.error,
  });
}

function send(
  socketPath: string,
  method: Method,
  body: string,
  options: CallOptions,
): Promise<IncomingMessage> {
  const limit = method.progress ? wireLimits.silenceMilliseconds : wireLimits.shortMethodMilliseconds;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      path: `/${method.name}`,
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json", [versionHeader]: protocolVersion },
      timeout: options.timeoutMilliseconds ?? limit,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    outgoing.on("timeout", () => outgoing.destroy(silent(method, socketPath)));
    outgoing.on("error", (error) => reject(whyUnreachable(error, socketPath, options.signal)));
    outgoing.on("response", (response) => {
      // After the head has come, errors surface while reading the body.
      outgoing.on("timeout", () => response.destroy(silent(method, socketPath)));
      resolve(response);
    });
    outgoing.end(body);
  });
}

async function wholeBody(response: IncomingMessage, options: CallOptions): Promise<unknown> {
  const parsed: unknown = JSON.parse(await wholeText(response, options));
  if (response.statusCode === 200) return parsed;
  const failure = wireErrorSchema.safeParse((parsed as { error?: unknown }).error);
  throw failure.success
    ? fromWire(failure.data)
    : new PartFailed(`unreadable answer (${response.statusCode})`);
}

/** Reads progress lines to the result. @throws what the other part raised. */
export async function lastOfLines(response: IncomingMessage, options: CallOptions): Promise<unknown> {
  try {
    for await (const text of lines(response)) {
      const line = lineSchema.parse(JSON.parse(text));
      if ("error" in line) throw fromWire(line.error);
      if ("progress" in line) options.onProgress?.(line.progress);
      if ("result" in line) return line.result;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isCut(error) ? stopped(error) : error;
  } finally {
    response.destroy();
  }
  throw stopped(undefined);
}

async function wholeText(response: IncomingMessage, options: CallOptions): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  try {
    for await (const piece of response as AsyncIterable<string>) {
      text += piece;
      if (text.length > wireLimits.lineBytes) throw tooLong(response);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isCut(error) ? stopped(error) : error;
  }
  return text;
}

/** Splits the body into lines; holds at most one line and counts every byte. */
async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  let characters = 0;
  response.setEncoding("utf8");
  for await (const piece of response as AsyncIterable<string>) {
    characters += piece.length;
    rest += piece;
    const whole = rest.split("\n");
    rest = whole.pop() ?? "";
    const longest = Math.max(rest.length, ...whole.map((line) => line.length));
    if (longest > wireLimits.lineBytes || characters > wireLimits.responseBytes) throw tooLong(response);
    yield* whole.filter((line) => line !== "");
  }
}

function tooLong(response: IncomingMessage): Error {
  response.destroy();
  return new PartFailed(
    `the answer is longer than ${wireLimits.lineBytes} bytes a line or ${wireLimits.responseBytes} in all`,
  );
}

/** The other part is not there: not started yet, restarting, or it died before it answered. */
class PartAway extends ExpectedError {}

/** Whether a call failed because nobody was there to answer: worth waiting for, unlike what a part says itself. */
export function isAway(error: unknown): boolean {
  return error instanceof PartAway;
}

function stopped(cause: unknown): ExpectedError {
  return new PartAway("unavailable", "the other part stopped before it answered", {
    hint: "look at `bin/holdfast logs`, then try again; what was begun is finished or undone at its next start",
    cause,
  });
}

function silent(method: Method, socketPath: string): ExpectedError {
  return new ExpectedError("unavailable", `no answer to ${method.name} from ${socketPath} in time`, {
    hint: "look at `bin/holdfast logs`",
  });
}

/** The connection ended with the process at its other end. */
function isCut(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(code);
}

/** What a failed connection means to whoever asked. */
export function whyUnreachable(error: Error, socketPath: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return new PartAway("unavailable", `nothing listens at ${socketPath}`, {
      hint: "start it with `bin/up`",
      cause: error,
    });
  if (code === "EACCES")
    return new ExpectedError("access_denied", `this user may not open ${socketPath}`, {
      hint: "run the command as the user who ran `bin/up`",
      cause: error,
    });
  return isCut(error) ? stopped(error) : error;
}
