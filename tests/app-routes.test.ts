// When a route was added or changed on purpose, the failure shows the file as it has to be.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { baseApp } from "@holdfast/app-base/app";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import { routeList } from "@holdfast/framework/http/route-list";
import { panelApp } from "@holdfast/panel/app";

const routes = [baseApp, contactsApp, productsApp, salesApp, panelApp({ outboxDir: "/nowhere" })].flatMap(
  (app) => app.routes ?? [],
);

test("the routes that apps add are those of docs/app-routes.txt, each with its guards", () => {
  const golden = readFileSync(new URL("../docs/app-routes.txt", import.meta.url), "utf8");
  assert.equal(routeList(routes), golden);
});
