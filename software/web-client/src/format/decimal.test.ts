import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addDecimals, compareDecimals, multiplyDecimals, parseDecimal, roundDecimal } from "./decimal.ts";

const cents = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const asText = (units: bigint) => {
  const digits = (units < 0n ? -units : units).toString().padStart(3, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

test("sums are exact where floating point is not", () => {
  assert.equal(addDecimals(["0.1", "0.2"]), "0.3");
  assert.equal(addDecimals(["9007199254740993", "0.01"]), "9007199254740993.01");
  assert.equal(addDecimals([]), "0");
  assert.equal(addDecimals(["1.50", null, "abc", undefined]), "1.50");
  fc.assert(
    fc.property(fc.array(cents, { minLength: 1 }), (items) => {
      assert.equal(addDecimals(items.map(asText)), asText(items.reduce((sum, item) => sum + item, 0n)));
    }),
  );
});

test("products keep every place, and rounding goes away from zero at the half", () => {
  assert.equal(multiplyDecimals("3.5", "19.99"), "69.965");
  assert.equal(roundDecimal("69.965", 2), "69.97");
  assert.equal(roundDecimal("-69.965", 2), "-69.97");
  assert.equal(roundDecimal("-0.004", 2), "0.00");
  assert.equal(roundDecimal("7", 2), "7.00");
});

test("comparison looks at the value, not at its places", () => {
  assert.equal(compareDecimals("1.50", "1.5"), 0);
  assert.equal(compareDecimals("-2", "1.5"), -1);
});

test("typed numbers are read in the person's own way of writing", () => {
  assert.equal(parseDecimal("1,234.5", "."), "1234.5");
  assert.equal(parseDecimal("1.234,5", ","), "1234.5");
  assert.equal(parseDecimal("1 234,5", ","), "1234.5");
  assert.equal(parseDecimal("12,5", "."), "12.5");
  assert.equal(parseDecimal("1,234", "."), "1234");
  assert.equal(parseDecimal("1,234", ","), "1.234");
  assert.equal(parseDecimal(".5", "."), "0.5");
  assert.equal(parseDecimal("-3", "."), "-3");
});

test("what is no number is said to be none", () => {
  for (const typed of ["", "abc", "1.2.3", "1e5", "--1", "0x10", "Infinity"]) {
    assert.equal(parseDecimal(typed, "."), null, typed);
  }
});
