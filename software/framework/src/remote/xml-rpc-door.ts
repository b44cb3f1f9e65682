import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { remoteFault, waitingStatus } from "./remote-fault.ts";
import { callService } from "./service.ts";
import { readXmlCall } from "./xml-rpc.ts";
import { xmlFault, xmlResponse } from "./xml-write.ts";

/** Largest call, in bytes. */
export const rpcBodyBytes = 8 * 1024 * 1024;

/** XML-RPC, at its present address and the older one. Takes no cookie: the key is in the call. */
export const xmlRpcRoutes: readonly Route[] = ["/xmlrpc/2", "/xmlrpc"].flatMap((base) =>
  ["common", "object"].map(
    (service): Route => ({
      method: "POST",
      path: `${base}/${service}`,
      who: "anyone",
      csrf: "none",
      body: "xml",
      bodyLimitBytes: rpcBodyBytes,
      summary: `XML-RPC, service "${service}"`,
      handle: (request) => answer(request, service),
    }),
  ),
);

async function answer(request: RouteRequest, service: string): Promise<Reply> {
  try {
    const { method, params } = readXmlCall(request.text);
    return xmlReply(xmlResponse(await callService(request, service, method, params)));
  } catch (error) {
    const fault = remoteFault(error, request);
    const { faultCode, message, hint } = fault;
    const { status, headers } = waitingStatus(fault);
    const reply = xmlReply(xmlFault(faultCode, hint === undefined ? message : `${message} ${hint}`));
    return { ...reply, status, headers: { ...reply.headers, ...headers } };
  }
}

function xmlReply(body: string): Reply {
  return { status: 200, headers: { "content-type": "text/xml; charset=utf-8" }, body };
}
