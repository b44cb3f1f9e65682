import assert from "node:assert/strict";
import { test } from "node:test";
import { testFields } from "../testing/fields.ts";
import { readFailure } from "./failure.ts";
import { isAction } from "./shapes.ts";
import { decodeRow, encodeValue } from "./values.ts";

test("rows lose the wire's habits: false is null, pairs are references", () => {
  const row = decodeRow(testFields, {
    id: 3,
    name: "Ann",
    email: false,
    is_company: false,
    country_id: [7, "Latvia"],
    tag_ids: [1, 2],
    price: 12.5,
    seen: "2026-11-22 10:00:00",
    secret: "dropped",
  });
  assert.deepEqual(row, {
    id: 3,
    name: "Ann",
    email: null,
    is_company: false,
    country_id: { id: 7, name: "Latvia" },
    tag_ids: [1, 2],
    price: "12.5",
    seen: "2026-11-22T10:00:00Z",
  });
});

test("values go back as the wire takes them", () => {
  const encode = (name: string, value: Parameters<typeof encodeValue>[1]) =>
    encodeValue(testFields[name]!, value);
  assert.equal(encode("country_id", { id: 7, name: "Latvia" }), 7);
  assert.equal(encode("name", ""), false);
  assert.equal(encode("is_company", false), false);
  assert.equal(encode("price", "12.50"), "12.50");
});

test("a refusal keeps the server's sentence, hint and field", () => {
  const failure = readFailure({
    code: 200,
    message: "Server error",
    data: {
      name: "odoo.exceptions.ValidationError",
      message: "Email is not an address.",
      about: { model: "res.partner", fields: ["email"] },
      hint: "Write it as ann@example.org.",
    },
  });
  assert.equal(failure.message, "Email is not an address.");
  assert.deepEqual(failure.fields, { email: "Email is not an address." });
  assert.equal(failure.model, "res.partner");
  assert.equal(failure.hint, "Write it as ann@example.org.");
});

test("an ended session is told apart, and rubbish still gives a sentence", () => {
  assert.equal(readFailure({ code: 100, message: "Session expired" }).kind, "session");
  assert.equal(readFailure(null).message, "The server could not do this.");
});

test("only known actions are followed", () => {
  assert.ok(isAction({ type: "message", message: "Sent." }));
  for (const answer of [null, true, [1], { type: "script" }]) assert.ok(!isAction(answer));
});
