import { offlineFailure, RemoteFailure, readFailure, sessionFailure } from "./failure.ts";
import { confirmationGiven, csrfToken, reachable, sessionRenewed } from "./session.ts";

interface CallOptions {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

let nextId = 1;

/**
 * Calls a method of a model through the session's door. When the session has ended it waits until the
 * person has signed in again, then calls once more.
 *
 * @throws RemoteFailure in the server's words.
 */
export async function callMethod(
  model: string,
  method: string,
  { args = [], kwargs = {}, signal }: CallOptions = {},
): Promise<unknown> {
  const params = { model, method, args, kwargs };
  return withSession(() => postRpc(`/web/dataset/call_kw/${model}/${method}`, params, signal));
}

/** Posts a JSON-RPC request to any address of the session's door. Does not wait for a new session. */
export async function postRpc(path: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: nextId++, method: "call", params });
  const headers = { "content-type": "application/json" };
  const response = await request(path, { method: "POST", headers, body, ...(signal ? { signal } : {}) });
  const envelope = await readJson(response);
  if (envelope["error"]) throw readFailure(envelope["error"]);
  if (!response.ok) throw statusFailure(response.status);
  return envelope["result"];
}

/** Reads a JSON resource of the server. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return withSession(async () => {
    const response = await request(path, signal ? { signal } : {});
    if (!response.ok) throw await failedGet(response);
    return (await readJson(response)) as T;
  });
}

/** Fetches with the session's guards; tells "no answer at all" from every other failure. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = { accept: "application/json", "x-csrf-token": csrfToken(), ...init.headers };
  try {
    const response = await fetch(path, {
      ...init,
      headers,
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
    });
    reachable.set(true);
    if (response.status === 401 || response.type === "opaqueredirect") throw sessionFailure();
    return response;
  } catch (error) {
    if (error instanceof RemoteFailure || (error instanceof DOMException && error.name === "AbortError"))
      throw error;
    reachable.set(false);
    throw offlineFailure();
  }
}

async function withSession<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RemoteFailure)) throw error;
      if (error.kind === "session") await sessionRenewed();
      else if (!wantsConfirmation(error) || !(await confirmationGiven())) throw error;
    }
  }
}

/** The server asks for the password again: the last time is more than ten minutes ago. */
function wantsConfirmation({ kind }: RemoteFailure): boolean {
  return kind === "holdfast.exceptions.ConfirmationNeeded" || kind === "confirmation_needed";
}

async function readJson(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await response.json()) as Record<string, unknown>;
  } catch {
    throw statusFailure(response.status);
  }
}

async function failedGet(response: Response): Promise<RemoteFailure> {
  const body = await readJson(response).catch(() => ({}) as Readonly<Record<string, unknown>>);
  if (body["error"]) return readFailure(body["error"]);
  return typeof body["message"] === "string" ? readFailure(body) : statusFailure(response.status);
}

function statusFailure(status: number): RemoteFailure {
  const known: Readonly<Record<number, string>> = {
    403: "You may not do this.",
    404: "This does not exist, or you may not see it.",
    413: "This is larger than the server accepts.",
    429: "Too many requests at once. Wait a moment, then try again.",
  };
  return new RemoteFailure(known[status] ?? "The server could not do this.", {
    kind: `http ${status}`,
    ...(status >= 500 ? { hint: "Try again in a moment." } : {}),
  });
}
