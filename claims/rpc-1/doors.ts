import type { ProbeContext } from "@holdfast/trust/claim";
import type { Visited } from "@holdfast/trust/visitor";

/** Who calls, as each door wants to know it. */
export interface Caller {
  readonly database: string;
  readonly userId: number;
  /** An API key. */
  readonly key: string;
  /** The header `cookie` of an open session. */
  readonly sessionCookie: string;
}

/** One of the ways into the remote API; all must refuse alike. */
export interface Door {
  readonly name: string;
  call(model: string, method: string, ids: readonly number[]): Promise<Visited>;
}

const json = { "content-type": "application/json" };

/** All doors of the remote API, each as its own clients use it. */
export function doorsOf({ visitor, urlOf, signal }: ProbeContext, caller: Caller): Door[] {
  const base = urlOf(caller.database);
  const post = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
    visitor(base + path, { method: "POST", headers, body, signal });
  const identity = [caller.database, caller.userId, caller.key] as const;
  return [
    {
      name: "JSON, version 2",
      call: (model, method, ids) =>
        post(`/json/2/${model}/${method}`, JSON.stringify({ ids }), {
          ...json,
          authorization: `Bearer ${caller.key}`,
        }),
    },
    {
      name: "JSON-RPC",
      call: (model, method, ids) =>
        post(
          "/jsonrpc",
          rpc({ service: "object", method: "execute_kw", args: [...identity, model, method, [ids]] }),
          json,
        ),
    },
    {
      name: "XML-RPC",
      call: (model, method, ids) =>
        post("/xmlrpc/2/object", xmlCall([...identity, model, method, [[...ids]]]), {
          "content-type": "text/xml",
        }),
    },
    {
      name: "web session",
      call: (model, method, ids) =>
        post(`/web/dataset/call_kw/${model}/${method}`, rpc({ model, method, args: [ids], kwargs: {} }), {
          ...json,
          origin: base,
          cookie: caller.sessionCookie,
        }),
    },
  ];
}

function rpc(params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params });
}

function xmlCall(params: readonly unknown[]): string {
  const written = params.map((param) => `<param>${xmlValue(param)}</param>`).join("");
  return `<?xml version="1.0"?><methodCall><methodName>execute_kw</methodName><params>${written}</params></methodCall>`;
}

function xmlValue(value: unknown): string {
  if (Array.isArray(value))
    return `<value><array><data>${value.map(xmlValue).join("")}</data></array></value>`;
  if (typeof value === "number") return `<value><int>${value}</int></value>`;
  return `<value><string>${String(value).replace(/&/g, "&amp;").replace(/</g, "&lt;")}</string></value>`;
}
