import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, ident, joinSql, literal, sql } from "./sql.ts";

const refused = { name: "AssertionFailed" };

test("text in a hole becomes a parameter, whatever it says", () => {
  const name = "'; DROP TABLE res_partner; --";
  assert.deepEqual(compile(sql`SELECT 1 WHERE name = ${name}`), {
    text: "SELECT 1 WHERE name = $1",
    values: [name],
  });
});

test("an object that looks like a statement is not spliced", () => {
  const forged = JSON.parse('{"strings":["1=1"],"holes":[]}');
  assert.throws(() => compile(sql`SELECT 1 WHERE ${forged}`), refused);
});

test("a name that PostgreSQL would have to guess about is refused", () => {
  for (const name of ["", 'a"b', "A", "a.b", "1a", "a b", "x".repeat(64)])
    assert.throws(() => ident(name), refused, name);
  assert.equal(compile(ident("res_partner")).text, '"res_partner"');
});

test("undefined, dates of JavaScript and plain objects are no parameters", () => {
  for (const value of [undefined, new Date(), {}]) assert.throws(() => compile(sql`${value}`), refused);
});

test("pieces splice in order, and parameters are numbered through", () => {
  const where = joinSql([sql`a = ${1}`, sql`b = ANY(${[2, 3]})`], " AND ");
  const order = joinSql([ident("a"), ident("b")]);
  assert.deepEqual(compile(sql`SELECT ${order} FROM t WHERE ${where} AND c = ${"x"}`), {
    text: 'SELECT "a", "b" FROM t WHERE a = $1 AND b = ANY($2) AND c = $3',
    values: [1, [2, 3], "x"],
  });
});

test("an empty list joins to nothing", () => {
  assert.equal(compile(sql`(${joinSql([])})`).text, "()");
});

test("Temporal values and bigints travel as text, also inside arrays", () => {
  const day = Temporal.PlainDate.from("2026-11-22");
  const moment = Temporal.Instant.from("2026-11-22T02:03:04.000005Z");
  assert.deepEqual(compile(sql`${day} ${moment} ${[day]} ${5n}`).values, [
    "2026-11-22",
    "2026-11-22T02:03:04.000005Z",
    ["2026-11-22"],
    "5",
  ]);
});

test("literals quote quotes, and take whole numbers only", () => {
  assert.equal(compile(sql`${literal("it's")} ${literal(80)} ${literal(true)}`).text, "'it''s' 80 true");
  for (const value of [1.5, Number.NaN, 2 ** 60, "a\0b", "\ud800"])
    assert.throws(() => literal(value), refused);
});

test("a statement with more parameters than the protocol can count is refused", () => {
  const many = joinSql(Array.from({ length: 65_536 }, (_, n) => sql`${n}`));
  assert.throws(() => compile(many), refused);
});
