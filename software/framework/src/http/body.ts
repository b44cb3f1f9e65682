import { Readable } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Route } from "./route.ts";
import { slowUpload } from "./slow-upload.ts";

/** A request's body, read and parsed as its route declares; what the route does not take is empty. */
export interface ParsedBody {
  readonly form: Readonly<Record<string, string>>;
  readonly json: unknown;
  readonly text: string;
  readonly stream: Readable;
}

/** The part of an incoming message that reading needs. */
export interface BodySource {
  readonly stream: Readable;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
}

/** Longest wait for a whole form, JSON or XML body. Streams have limits of their own: see slow-upload.ts. */
export const bodySeconds = 20;
const maxFormFields = 1_000;
const maxJsonDepth = 100;
const [quote, backslash] = [0x22, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
const decoder = new TextDecoder("utf-8", { fatal: true });
const empty: ParsedBody = { form: {}, json: undefined, text: "", stream: Readable.from([]) };

/**
 * Reads what `route.body` declares, at most `route.bodyLimitBytes`.
 *
 * @throws ExpectedError `too_large`, `bad_request` (no UTF-8, no JSON, too deep, too slow, cut off), `unsupported_media`.
 */
export async function readBody(route: Route, source: BodySource): Promise<ParsedBody> {
  if (route.body === "none") return empty;
  if (Number(source.contentLength ?? 0) > route.bodyLimitBytes) throw tooLarge(route.bodyLimitBytes);
  if (route.body === "stream") return { ...empty, stream: slowUpload(source.stream, route.bodyLimitBytes) };
  if (route.body === "form" && !/^application\/x-www-form-urlencoded(?:;|$)/i.test(source.contentType ?? ""))
    throw new ExpectedError("unsupported_media", "this address takes forms only");
  const text = utf8(await gathered(source.stream, route.bodyLimitBytes));
  if (route.body === "form") return { ...empty, form: parseForm(text) };
  if (route.body === "xml") return { ...empty, text };
  return { ...empty, text, json: parseJson(text) };
}

/** By events: a loop over the stream costs more than all else that is done with a short body. */
async function gathered(stream: Readable, limitBytes: number): Promise<Buffer> {
  // Mostly all of it came with the headers: nobody is slow then.
  const whole = (stream as { readonly complete?: boolean }).complete === true;
  const slow = whole ? undefined : setTimeout(() => stream.destroy(tooSlow()), bodySeconds * 1_000);
  const chunks: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes <= limitBytes) chunks.push(chunk);
    else reject(tooLarge(limitBytes));
  };
  const cutOff = (): void => {
    if (!stream.readableEnded) reject(new Error("the stream closed before its end"));
  };
  // What happened before we listen is not told again.
  if (stream.readableEnded) resolve();
  else if (stream.destroyed) cutOff();
  stream.on("data", take).once("end", resolve).once("error", reject).once("close", cutOff);
  try {
    await promise;
  } catch (cause) {
    if (cause instanceof ExpectedError) throw cause;
    throw new ExpectedError("bad_request", "the request was cut off", { cause });
  } finally {
    clearTimeout(slow);
    stream.off("data", take).off("end", resolve).off("close", cutOff);
  }
  return Buffer.concat(chunks);
}

function utf8(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ExpectedError("bad_request", "the request's body is not UTF-8", { cause });
  }
}

function parseForm(text: string): Readonly<Record<string, string>> {
  const form: Record<string, string> = Object.create(null);
  let fields = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++fields > maxFormFields)
      throw new ExpectedError("bad_request", `a form has at most ${maxFormFields} fields`);
    form[name] = value;
  }
  return form;
}

function parseJson(text: string): unknown {
  if (tooDeep(text))
    throw new ExpectedError("bad_request", `a JSON body is nested at most ${maxJsonDepth} deep`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ExpectedError("bad_request", "the request's body is not JSON", { cause });
  }
}

/** Counts brackets outside strings, in one pass, before anything recursive sees the value. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (quoted && c === backslash) at += 1;
    else if (c === quote) quoted = !quoted;
    else if (quoted) continue;
    else if (c === openBracket || c === openBrace) depth += 1;
    else if (c === closeBracket || c === closeBrace) depth -= 1;
    if (depth > maxJsonDepth) return true;
  }
  return false;
}

function tooLarge(limitBytes: number): ExpectedError {
  return new ExpectedError("too_large", `the request's body is larger than ${limitBytes} bytes`);
}

function tooSlow(): ExpectedError {
  return new ExpectedError("bad_request", `the request's body did not arrive within ${bodySeconds} s`);
}
