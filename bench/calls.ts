import type { CompanyServer } from "./company-server.ts";
import type { Target } from "./load.ts";

/** Calls of the remote API as our own client makes them: in a session of their own, JSON, from our own origin. */
export async function callTarget(
  server: CompanyServer,
  userId: number,
  call: (n: number) => {
    readonly model: string;
    readonly method: string;
    readonly args: readonly unknown[];
    readonly kwargs?: Readonly<Record<string, unknown>>;
  },
): Promise<Target> {
  return {
    port: server.port,
    host: server.host,
    caPem: server.caPem,
    path: "/web/dataset/call_kw",
    method: "POST",
    headers: {
      cookie: await server.session(userId),
      origin: `https://${server.host}:${server.port}`,
      "content-type": "application/json",
    },
    body: (n) =>
      JSON.stringify({ jsonrpc: "2.0", id: n, method: "call", params: { kwargs: {}, ...call(n) } }),
    // JSON-RPC answers 200 also when it refuses: a fast refusal is no figure.
    refused: (answer) => answer.includes('"error":'),
  };
}
