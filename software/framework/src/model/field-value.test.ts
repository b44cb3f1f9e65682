import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  boolean,
  date,
  datetime,
  decimal,
  type Field,
  html,
  integer,
  json,
  many2one,
  selection,
  text,
} from "./field.ts";
import { columnValue, maxJsonDepth } from "./field-value.ts";

const put = (field: Field, value: unknown) =>
  columnValue({ model: { label: "Contact" }, name: "f", field }, value);
const label = { label: "Field" } as const;
const fields = {
  text: text({ ...label, maxLength: 5 }),
  html: html(label),
  integer: integer(label),
  decimal: decimal({ ...label, scale: 2 }),
  boolean: boolean(label),
  date: date(label),
  datetime: datetime(label),
  selection: selection([["draft", "Draft"] as const, ["done", "Done"] as const], label),
  many2one: many2one("res.partner", label),
  json: json(label),
};

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe("values that do not fit are refused, with the field's label and the value", () => {
  const refused: readonly (readonly [keyof typeof fields, unknown, RegExp])[] = [
    ["text", 5, /"Field" of "Contact" cannot be 5: wanted a text/],
    ["text", "123456", /cannot be "123456": wanted at most 5 characters/],
    ["text", "a\0", /broken characters/],
    ["text", "\ud83d", /broken characters/],
    ["text", ["a"], /cannot be a list/],
    ["integer", 1.5, /cannot be 1.5: wanted a whole number/],
    ["integer", "1e3", /cannot be "1e3"/],
    ["integer", 2 ** 31, /at most 2147483647/],
    ["integer", Number.NaN, /cannot be NaN/],
    ["decimal", "1,5", /cannot be "1,5": wanted a number such as 12.50/],
    ["decimal", "1e3", /cannot be "1e3"/],
    ["decimal", Number.POSITIVE_INFINITY, /cannot be Infinity/],
    ["decimal", "1".repeat(19), /at most 18 digits before the point/],
    ["decimal", 1e300, /cannot be 1e\+300/],
    ["boolean", "false", /cannot be "false": wanted true or false/],
    ["boolean", 1, /cannot be 1/],
    ["date", "2026-02-30", /cannot be "2026-02-30": wanted a day/],
    ["date", "22/11/2026", /wanted a day such as/],
    ["date", "2026-11-22 00:00:00", /wanted a day such as/],
    ["date", Temporal.PlainDate.from("+012026-01-01"), /years 1 to 9999/],
    ["datetime", "2026-11-22", /wanted a moment such as/],
    ["datetime", "2026-11-22 25:00:00", /wanted a moment/],
    ["datetime", new Date(0), /wanted a moment/],
    ["selection", "dnoe", /wanted one of "draft", "done" \(did you mean "done"\?\)/],
    ["many2one", "7", /wanted the number of a record/],
    ["many2one", -1, /wanted the number of a record/],
    ["many2one", 2 ** 31, /wanted the number of a record/],
    ["json", { a: "\0" }, /JSON at most/],
    ["json", nested(maxJsonDepth), /levels deep/],
    ["json", "x".repeat(1_048_576), /characters of JSON/],
  ];
  for (const [kind, value, message] of refused)
    test(`${kind}: ${(JSON.stringify(value) ?? String(value)).slice(0, 30)}`, () => {
      assert.throws(() => put(fields[kind], value), { code: "invalid", message });
    });

  test("a secret field's value is never quoted", () => {
    const secret = text({ ...label, secret: true, maxLength: 3 });
    assert.throws(
      () => put(secret, "hunter2"),
      ({ message }: Error) => !message.includes("hunter2"),
    );
  });

  test("a long value is quoted in part", () => {
    assert.throws(
      () => put(fields.text, "x".repeat(5000)),
      ({ message }: Error) => message.length < 200,
    );
  });
});

describe("unset", () => {
  test("is null however it is said: null, undefined, the remote API's false, empty text", () => {
    for (const [kind, field] of Object.entries(fields)) {
      if (kind === "boolean" || kind === "json") continue;
      for (const unset of [null, undefined, false, ""]) assert.equal(put(field, unset), null, kind);
    }
  });

  test("is false for a boolean", () => assert.equal(put(fields.boolean, null), false));

  test("is a value of its own in JSON", () => {
    assert.deepEqual(
      [put(fields.json, false), put(fields.json, ""), put(fields.json, null)],
      ["false", '""', null],
    );
  });
});

describe("numbers", () => {
  test("are exact: no value passes through floating point", () => {
    const given = [0.1 + 0.2, "0.30", 1e-7, 1e17, "123456789012345678.905", -0, "-0.004", 12, "+7"];
    assert.deepEqual(
      given.map((value) => put(fields.decimal, value)),
      [
        "0.30",
        "0.30",
        "0.00",
        "100000000000000000.00",
        "123456789012345678.91",
        "0.00",
        "0.00",
        "12.00",
        "7.00",
      ],
    );
  });

  test("with too many digits are rounded, the middle away from zero", () => {
    assert.deepEqual(
      ["2.345", "2.344", "-2.345", 2.675].map((value) => put(fields.decimal, value)),
      ["2.35", "2.34", "-2.35", "2.68"],
    );
  });
});

describe("days and moments", () => {
  test("come as Temporal values or as text", () => {
    assert.equal(put(fields.date, Temporal.PlainDate.from("2026-11-22")), "2026-11-22");
    assert.equal(put(fields.date, "2026-11-22"), "2026-11-22");
    assert.equal(
      put(fields.datetime, Temporal.Instant.from("2026-11-22T10:00:00.0000019Z")),
      "2026-11-22T10:00:00.000001Z",
    );
  });

  test("without a zone are UTC, with one are brought there", () => {
    const given = [
      "2026-11-22 10:00:00",
      "2026-11-22T10:00",
      "2026-11-22T10:00:00+02:00",
      "2026-11-22 10:00:00.5Z",
    ];
    assert.deepEqual(
      given.map((value) => put(fields.datetime, value)),
      ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-22T10:00:00.5Z"],
    );
  });
});

test("text is counted in characters, not in halves of them", () => {
  assert.equal(put(fields.text, "😀😀😀😀😀"), "😀😀😀😀😀");
});

test("rich text loses what could act", () => {
  const given = `<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x()">a</a><a href="https://x.example">b</a><iframe src="x"></iframe></p>`;
  assert.equal(put(fields.html, given), '<p>Hi <a>a</a><a href="https://x.example">b</a></p>');
});
