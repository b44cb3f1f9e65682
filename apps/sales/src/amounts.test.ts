import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineAmounts, orderAmounts } from "./amounts.ts";

const line = (quantity: string, unitPrice: string, discount = "0", taxes: string[] = []) =>
  lineAmounts({ quantity, unitPrice, discount, taxes }, 2);

test("quantity times price, less the discount, plus tax", () => {
  assert.deepEqual(line("3", "10.00", "10", ["21"]), { untaxed: "27.00", tax: "5.67", total: "32.67" });
});

test("half a cent goes up where floating point would lose it", () => {
  assert.equal(line("1", "1.005").untaxed, "1.01");
  assert.equal(line("3", "0.335").untaxed, "1.01");
  assert.equal(line("-1", "1.005").untaxed, "-1.01");
});

test("each tax is rounded by itself on the rounded net", () => {
  assert.deepEqual(line("1", "0.10", "0", ["5", "5"]), { untaxed: "0.10", tax: "0.02", total: "0.12" });
});

test("a currency without minor units has none", () => {
  const yen = lineAmounts({ quantity: "3", unitPrice: "333.5", discount: "0", taxes: ["10"] }, 0);
  assert.deepEqual(yen, { untaxed: "1001", tax: "100", total: "1101" });
});

test("an order is the sum of its printed lines", () => {
  const lines = [line("1", "0.335", "0", ["21"]), line("1", "0.335", "0", ["21"])];
  assert.deepEqual(orderAmounts(lines, 2), { untaxed: "0.68", tax: "0.14", total: "0.82" });
  assert.deepEqual(orderAmounts([], 2), { untaxed: "0.00", tax: "0.00", total: "0.00" });
});

/** The same rule, written with fractions of whole numbers and no code of ours. */
function naive(terms: { quantity: bigint; price: bigint; discount: bigint; taxes: bigint[] }) {
  const up = (numerator: bigint, denominator: bigint) => {
    const sign = numerator < 0n ? -1n : 1n;
    return sign * ((numerator * sign * 2n + denominator) / (2n * denominator));
  };
  // Thousandths × ten-thousandths × hundredths of a percent, wanted in cents.
  const untaxed = up(
    terms.quantity * terms.price * (10_000n - terms.discount),
    (1_000n * 10_000n * 10_000n) / 100n,
  );
  const tax = terms.taxes.reduce((sum, percent) => sum + up(untaxed * percent, 1_000_000n), 0n);
  return { untaxed, tax };
}

const text = (units: bigint, scale: number) => {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

test("amounts equal a naive exact calculation on whole numbers", () => {
  const terms = fc.record({
    quantity: fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }),
    price: fc.bigInt({ min: 0n, max: 10_000_000_000n }),
    discount: fc.bigInt({ min: 0n, max: 10_000n }),
    taxes: fc.array(fc.bigInt({ min: 0n, max: 500_000n }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(terms, (one) => {
      const ours = lineAmounts(
        {
          quantity: text(one.quantity, 3),
          unitPrice: text(one.price, 4),
          discount: text(one.discount, 2),
          taxes: one.taxes.map((percent) => text(percent, 4)),
        },
        2,
      );
      const expected = naive(one);
      assert.equal(ours.untaxed, text(expected.untaxed, 2));
      assert.equal(ours.tax, text(expected.tax, 2));
      assert.equal(ours.total, text(expected.untaxed + expected.tax, 2));
    }),
    { numRuns: 2000 },
  );
});
