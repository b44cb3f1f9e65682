import { type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import type { z } from "zod";
import { type Download, fromHeader, headHeader, inputHeader, toHeader, type Upload } from "./byte-method.ts";
import { type CallOptions, lastOfLines, whyUnreachable } from "./call.ts";
import { checkedInput } from "./method.ts";
import { pour } from "./pour.ts";
import { fromWire, PartFailed, protocolVersion, versionHeader, wireErrorSchema } from "./wire.ts";

/** Bytes of an error's body that are read. */
const errorBytes = 65_536;

/**
 * Asks another part for bytes. Whoever stops reading destroys the body; the other end then stops.
 *
 * @returns what is known before the first byte, and the body, which fails when the other end does.
 * @throws ExpectedError as the other part raised it before the first byte.
 */
export async function download<D extends Download>(
  socketPath: string,
  method: D,
  input: z.input<D["input"]>,
  options: Pick<CallOptions, "signal"> = {},
): Promise<{ readonly head: z.output<D["head"]>; readonly body: Readable }> {
  const outgoing = open(socketPath, method.name, options);
  outgoing.setHeader("content-type", "application/json");
  const response = answered(outgoing, socketPath, options);
  outgoing.end(JSON.stringify(checkedInput(method, input)));
  const body = await response;
  if (body.statusCode !== 200) throw await errorOf(body);
  const head = method.head.parse(fromHeader(String(body.headers[headHeader] ?? ""))) as z.output<D["head"]>;
  return { head, body };
}

/**
 * Sends bytes to another part and waits for its answer. When the source fails the other end is cut and undoes itself.
 *
 * @throws ExpectedError as the other part raised it, also before all was sent.
 */
export async function upload<U extends Upload>(
  socketPath: string,
  method: U,
  { input, body }: { readonly input: z.input<U["input"]>; readonly body: Readable },
  options: CallOptions = {},
): Promise<z.output<U["output"]>> {
  const outgoing = open(socketPath, method.name, options);
  outgoing.setHeader("content-type", "application/octet-stream");
  outgoing.setHeader(inputHeader, toHeader(checkedInput(method, input)));
  const response = answered(outgoing, socketPath, options);
  // Whoever answers before the end has said why; the rest need not be sent.
  pour(body, outgoing);
  try {
    const answer = await response;
    if (answer.statusCode !== 200) throw await errorOf(answer);
    return method.output.parse(await lastOfLines(answer, options)) as z.output<U["output"]>;
  } finally {
    body.unpipe(outgoing);
  }
}

function open(socketPath: string, name: string, { signal }: CallOptions) {
  return request({
    socketPath,
    path: `/${name}`,
    method: "POST",
    agent: false,
    headers: { [versionHeader]: protocolVersion },
    ...(signal ? { signal } : {}),
  });
}

function answered(
  outgoing: ReturnType<typeof request>,
  socketPath: string,
  { signal }: CallOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("error", (error) => reject(whyUnreachable(error, socketPath, signal)));
    outgoing.on("response", resolve);
  });
}

async function errorOf(response: IncomingMessage): Promise<Error> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response as AsyncIterable<string>) {
    text += piece;
    if (text.length > errorBytes) break;
  }
  const parsed = wireErrorSchema.safeParse((JSON.parse(text) as { error?: unknown }).error);
  if (parsed.success) return fromWire(parsed.data);
  return new PartFailed(`unreadable answer (${response.statusCode})`);
}
