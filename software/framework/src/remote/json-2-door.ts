import { ExpectedError } from "@holdfast/kernel/errors";
import { checkJson } from "../http/csrf.ts";
import { jsonReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { readObject } from "./arguments.ts";
import { dispatch } from "./dispatch.ts";
import { remoteFault } from "./remote-fault.ts";
import { rpcBodyBytes } from "./xml-rpc-door.ts";

/** The door for new programs: a key in the header, named arguments, real statuses, the bare result. */
export const json2Route: Route = {
  method: "POST",
  path: "/json/2/:model/:method",
  who: "anyone",
  csrf: "none",
  body: "json",
  bodyLimitBytes: rpcBodyBytes,
  summary: "Calls a method with named arguments; takes an API key as Bearer token",
  handle: answer,
};

async function answer(request: RouteRequest): Promise<Reply> {
  try {
    checkCaller(request);
    const { params, tenant, actor } = request;
    const kwargs = readObject(request.json, "arguments");
    const result = await dispatch(tenant.data, actor, {
      model: params["model"],
      method: params["method"],
      args: [],
      kwargs,
    });
    return jsonReply(result ?? null);
  } catch (error) {
    const { name, message, hint, status } = remoteFault(error, request);
    const body = {
      name,
      message,
      arguments: [message],
      context: {},
      ...(hint === undefined ? {} : { hint }),
    };
    return { ...jsonReply(body, status), ...extraHeaders(status) };
  }
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

function extraHeaders(status: number): Pick<Reply, "headers"> {
  const base = { "content-type": "application/json; charset=utf-8" };
  if (status === 401) return { headers: { ...base, "www-authenticate": "Bearer" } };
  return status === 429 ? { headers: { ...base, "retry-after": "5" } } : {};
}
