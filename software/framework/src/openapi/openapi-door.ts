import { jsonReply } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import { openApiDocument } from "./document.ts";

/** What this caller may do through the door for new programs, for tools to read. */
export const openApiRoute: Route = {
  method: "GET",
  path: "/openapi.json",
  who: "user",
  csrf: "none",
  scopedKeys: true,
  body: "none",
  bodyLimitBytes: 0,
  summary: "The remote API as OpenAPI 3.1, as far as this user may see it",
  handle: async (request) =>
    jsonReply(
      openApiDocument(request.reading(), { title: request.tenant.name, url: request.tenant.baseUrl }),
    ),
};
