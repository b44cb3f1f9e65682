import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { routeList } from "@holdfast/framework/http/route-list";
import { routeTable } from "@holdfast/framework/http/route-table";
import { frameworkRoutes } from "./framework-routes.ts";

test("the routes are those of docs/routes.txt; print-routes.ts writes it anew", () => {
  const golden = readFileSync(new URL("../../../docs/routes.txt", import.meta.url), "utf8");
  assert.equal(routeList(frameworkRoutes), golden);
});

test("every route is in one table, and every one that changes something is guarded or takes no cookie", () => {
  const { routes } = routeTable(frameworkRoutes);
  const open = routes
    .filter((route) => route.method !== "GET" && route.csrf === "none")
    .map((route) => route.path);
  assert.deepEqual(open.toSorted(), [
    "/json/2/:model/:method",
    "/jsonrpc",
    "/xmlrpc/2/common",
    "/xmlrpc/2/object",
    "/xmlrpc/common",
    "/xmlrpc/object",
  ]);
});
