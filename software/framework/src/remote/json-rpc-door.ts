import type { Route } from "../http/route.ts";
import { jsonRpcReply } from "./json-rpc.ts";
import { callService } from "./service.ts";
import { rpcBodyBytes } from "./xml-rpc-door.ts";

/** JSON-RPC for programs. Takes no cookie: the key is in the call. */
export const jsonRpcRoute: Route = {
  method: "POST",
  path: "/jsonrpc",
  who: "anyone",
  csrf: "none",
  body: "json",
  bodyLimitBytes: rpcBodyBytes,
  summary: 'JSON-RPC, services "common" and "object"',
  handle: (request) =>
    jsonRpcReply(request, ({ service, method, args }) => callService(request, service, method, args)),
};
