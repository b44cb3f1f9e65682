import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent, request } from "node:https";
import { performance } from "node:perf_hooks";

/** Where requests go and what they carry. */
export interface Target {
  readonly port: number;
  /** Name in the handshake and the Host header. */
  readonly host: string;
  /** The authority of the target's certificate; null: plain HTTP. */
  readonly caPem: string | null;
  readonly path: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of the n-th request. */
  body?(n: number): string;
  /** Whether an answer with status 200 is a refusal all the same. */
  refused?(answer: string): boolean;
}

/** What a burst of requests came to. */
export interface Load {
  readonly requestsPerSecond: number;
  /** Times of single requests in milliseconds, in the order of their ends. */
  readonly latencies: readonly number[];
}

/** Sends `count` requests over `connections` kept-open connections, each one after the answer to the last. */
export async function load(
  target: Target,
  { connections, count }: { readonly connections: number; readonly count: number },
): Promise<Load> {
  const options = { keepAlive: true, maxSockets: connections };
  const agent = target.caPem === null ? new PlainAgent(options) : new Agent(options);
  const latencies: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const start = performance.now();
      await ask(target, agent, n);
      latencies.push(performance.now() - start);
    }
  };
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    agent.destroy();
  }
  return { requestsPerSecond: (count * 1_000) / (performance.now() - start), latencies };
}

/** One request. @returns the body. @throws Error for any status but 200: a fast refusal is no figure. */
export function ask(target: Target, agent: PlainAgent | undefined, n = 0): Promise<string> {
  const body = target.body?.(n);
  const options = {
    host: "127.0.0.1",
    port: target.port,
    servername: target.host,
    agent,
    path: target.path,
    method: target.method ?? "GET",
    headers: {
      host: `${target.host}:${target.port}`,
      ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
      ...target.headers,
    },
  };
  return new Promise((resolve, reject) => {
    const taken = (incoming: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (incoming.statusCode === 200 && target.refused?.(text) !== true) resolve(text);
        else reject(new Error(`${target.path} answered ${incoming.statusCode}: ${text.slice(0, 300)}`));
      });
    };
    const outgoing =
      target.caPem === null ? plainRequest(options, taken) : request({ ...options, ca: target.caPem }, taken);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
