import assert from "node:assert/strict";
import { test } from "node:test";
import { listUrl, readRoute, recordUrl, trashUrl } from "./routes.ts";

test("addresses say what is shown", () => {
  assert.deepEqual(readRoute("/web"), { screen: "home" });
  assert.deepEqual(readRoute("/web/res.partner/"), { screen: "list", model: "res.partner" });
  assert.deepEqual(readRoute(recordUrl("sale.order", 12)), { screen: "form", model: "sale.order", id: 12 });
  assert.deepEqual(readRoute(recordUrl("sale.order", "new")), {
    screen: "form",
    model: "sale.order",
    id: null,
  });
  assert.deepEqual(readRoute(trashUrl("res.partner")), { screen: "trash", model: "res.partner" });
  assert.equal(listUrl("res.partner", "?q=riga"), "/web/res.partner?q=riga");
});

test("what is no model and no record is unknown", () => {
  for (const path of [
    "/",
    "/web/__proto__",
    "/web/Res",
    "/web/res.partner/0",
    "/web/res.partner/x",
    "/web/res.partner/1/edit",
  ]) {
    assert.deepEqual(readRoute(path), { screen: "unknown" }, path);
  }
});
