import assert from "node:assert/strict";
import { test } from "node:test";
import { Decimal } from "./decimal.ts";

const at = (text: string, scale: number, rounding: "half-up" | "half-even") =>
  Decimal.of(text).round(scale, rounding).toString();

test("text in, the same text out", () => {
  for (const text of ["0", "12.50", "-0.01", "123456789012345678901234567890.000000001"])
    assert.equal(Decimal.of(text).toString(), text);
  assert.equal(Decimal.of("-0.00").toString(), "0.00");
  assert.equal(Decimal.of("+007.5").toString(), "7.5");
});

test("what is no plain decimal number is refused", () => {
  for (const text of [
    "",
    " 1",
    "1e3",
    "1,5",
    "0x10",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "--1",
    "٣",
    "1\n",
    "9".repeat(81),
    `0.${"0".repeat(41)}`,
  ]) {
    assert.equal(Decimal.parse(text), undefined, JSON.stringify(text));
    assert.throws(() => Decimal.of(text), RangeError);
  }
});

test("sums and products are exact where floating point is not", () => {
  assert.equal(Decimal.of("0.1").plus(Decimal.of("0.2")).toString(), "0.3");
  assert.equal(Decimal.of("1.005").times(Decimal.of("100")).toString(), "100.500");
  assert.equal(Decimal.sum(["1.1", "-2.25", "3"].map((text) => Decimal.of(text))).toString(), "1.85");
});

test("the middle goes away from zero, or to the even neighbour, on both sides of zero", () => {
  assert.deepEqual(
    ["0.005", "0.015", "0.025", "-0.005"].map((text) => at(text, 2, "half-up")),
    ["0.01", "0.02", "0.03", "-0.01"],
  );
  assert.deepEqual(
    ["0.005", "0.015", "0.025", "-0.005"].map((text) => at(text, 2, "half-even")),
    ["0.00", "0.02", "0.02", "0.00"],
  );
  assert.equal(at("0.00499999", 2, "half-up"), "0.00");
  assert.equal(at("7", 3, "half-even"), "7.000");
});

test("division says how many digits it keeps", () => {
  assert.equal(Decimal.of("10").dividedBy(Decimal.of("3"), 4, "half-up").toString(), "3.3333");
  assert.equal(Decimal.of("-1").dividedBy(Decimal.of("0.08"), 2, "half-up").toString(), "-12.50");
  assert.throws(() => Decimal.of("1").dividedBy(Decimal.of("0.0"), 2, "half-up"), RangeError);
});

test("numbers compare by value, not by digits", () => {
  assert.equal(Decimal.of("1.0").compare(Decimal.of("1.00")), 0);
  assert.equal(Decimal.of("-2").compare(Decimal.of("1.5")), -1);
  assert.equal(Decimal.of("1.51").compare(Decimal.of("1.5")), 1);
});
