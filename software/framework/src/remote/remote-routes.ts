import type { Route } from "../http/route.ts";
import { openApiRoute } from "../openapi/openapi-door.ts";
import { clientRoutes } from "./client-door.ts";
import { exportRoute } from "./export-door.ts";
import { importRoute } from "./import-door.ts";
import { json2Route } from "./json-2-door.ts";
import { jsonRpcRoute } from "./json-rpc-door.ts";
import { sessionRoutes } from "./session-door.ts";
import { xmlRpcRoutes } from "./xml-rpc-door.ts";

/** All doors of the remote API and of our own client: rows for the server's route table. */
export const remoteRoutes: readonly Route[] = [
  json2Route,
  openApiRoute,
  jsonRpcRoute,
  ...xmlRpcRoutes,
  ...sessionRoutes,
  ...clientRoutes,
  importRoute,
  exportRoute,
];
