import { ExpectedError } from "@holdfast/kernel/errors";
import { checkJson } from "../http/csrf.ts";
import { jsonReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { readObject } from "./arguments.ts";
import { dispatch } from "./dispatch.ts";
import { type RemoteFault, remoteFault } from "./remote-fault.ts";
import { rpcBodyBytes } from "./xml-rpc-door.ts";

/** The door for new programs: a key in the header, named arguments, real statuses, the bare result. */
export const json2Route: Route = {
  method: "POST",
  path: "/json/2/:model/:method",
  who: "anyone",
  csrf: "none",
  scopedKeys: true,
  body: "json",
  bodyLimitBytes: rpcBodyBytes,
  summary: "Calls a method with named arguments; takes an API key as Bearer token",
  overlapped: true,
  handle: answer,
  refused: (error, reference) => refusal(remoteFault(error, { reference, log: () => undefined })),
};

async function answer(request: RouteRequest): Promise<Reply> {
  try {
    checkCaller(request);
    const { params, tenant, actor } = request;
    const kwargs = withOnceKey(readObject(request.json, "arguments"), request.headers["idempotency-key"]);
    const result = await dispatch(tenant.data, actor, {
      model: params["model"],
      method: params["method"],
      args: [],
      kwargs,
    });
    return jsonReply(result ?? null);
  } catch (error) {
    return refusal(remoteFault(error, request));
  }
}

function refusal({ name, message, hint, about, status, retryAfterSeconds }: RemoteFault): Reply {
  const body = {
    name,
    message,
    arguments: [message],
    context: {},
    ...(hint === undefined ? {} : { hint }),
    ...(about === undefined ? {} : { about }),
  };
  return { ...jsonReply(body, status), ...extraHeaders(status, retryAfterSeconds) };
}

/** The header that programs know for it; on the other doors it stands in the context. */
function withOnceKey(
  kwargs: Readonly<Record<string, unknown>>,
  key: string | undefined,
): Readonly<Record<string, unknown>> {
  if (key === undefined) return kwargs;
  return { ...kwargs, context: { ...readObject(kwargs["context"] ?? {}, "context"), idempotency_key: key } };
}

function checkCaller({ actor, headers, tenant }: RouteRequest): void {
  if (actor.kind !== "user")
    throw new ExpectedError("unauthenticated", "An API key is needed.", {
      hint: "Send the header Authorization: Bearer <key>.",
    });
  const database = headers["x-odoo-database"];
  if (database !== undefined && database !== tenant.name)
    throw new ExpectedError("access_denied", "This host serves another database than the one asked for.");
  checkJson(headers["content-type"]);
}

const usualWaitSeconds = 5;

function extraHeaders(status: number, waitSeconds = usualWaitSeconds): Pick<Reply, "headers"> {
  const base = { "content-type": "application/json; charset=utf-8" };
  if (status === 401) return { headers: { ...base, "www-authenticate": "Bearer" } };
  const wait = status === 429 || status === 503;
  return wait ? { headers: { ...base, "retry-after": String(waitSeconds) } } : {};
}
