import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { refusals } from "./refusals.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host.close());

test("what is refused is refused in the words of docs/refusals.txt, and a hidden record in those for a missing one", async () => {
  const { text, told } = await refusals(host);
  assert.deepEqual(told, []);
  const golden = readFileSync(new URL("../docs/refusals.txt", import.meta.url), "utf8");
  assert.equal(text, golden, "node tests/print-refusals.ts > docs/refusals.txt");
  assert.doesNotMatch(text, /\b(?:SELECT|INSERT|UPDATE|pg_|node:|\.ts\b|at [A-Z]\w+ \()/);
  assert.doesNotMatch(text, /^ {2}\S+ +5\d\d/m);
});
