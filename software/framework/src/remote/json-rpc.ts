import { jsonReply } from "../http/reply.ts";
import type { Reply, RouteRequest } from "../http/route.ts";
import { type RemoteFault, remoteFault, waitingStatus } from "./remote-fault.ts";

/** What `error.code` says when the session is over: clients then sign in again. */
const sessionExpired = 100;
const serverError = 200;

/**
 * Answers a JSON-RPC 2.0 request: HTTP 200, the outcome inside; 429 for a caller who is to wait. Batches are not taken.
 *
 * @param work - gets `params`, an object.
 */
export async function jsonRpcReply(
  request: RouteRequest,
  work: (params: Readonly<Record<string, unknown>>) => Promise<unknown>,
): Promise<Reply> {
  const envelope = asObject(request.json);
  const id = plainId(envelope["id"]);
  try {
    const result = await work(asObject(envelope["params"]));
    return jsonReply({ jsonrpc: "2.0", id, result: result ?? null });
  } catch (error) {
    const fault = remoteFault(error, request);
    const { status, headers } = waitingStatus(fault);
    const reply = jsonReply({ jsonrpc: "2.0", id, error: errorOf(fault) }, status);
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }
}

function errorOf({ name, message, hint, about, reference }: RemoteFault) {
  const more = {
    ...(hint === undefined ? {} : { hint }),
    ...(about === undefined ? {} : { about }),
    ...(reference === undefined ? {} : { reference }),
  };
  const data = { name, message, debug: "", arguments: [message], context: {}, ...more };
  return { code: serverError, message: "Server error", data };
}

/** The answer to a session that is unknown or over. Source: what established clients look for. */
export function sessionExpiredReply(request: RouteRequest): Reply {
  const message = "The session has expired.";
  const data = {
    name: "odoo.http.SessionExpiredException",
    message,
    debug: "",
    arguments: [message],
    context: {},
  };
  const error = { code: sessionExpired, message: "Session expired", data };
  return jsonReply({ jsonrpc: "2.0", id: plainId(asObject(request.json)["id"]), error });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function plainId(id: unknown): string | number | null {
  return typeof id === "number" || (typeof id === "string" && id.length <= 128) ? id : null;
}
