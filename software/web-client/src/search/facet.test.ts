import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  cycleSort,
  emptySearch,
  type Facet,
  formatSearch,
  maxFacets,
  parseSearch,
  toggleFilter,
  toggleGroup,
  whereOperators,
  withFacet,
  withoutFacet,
} from "./facet.ts";

const riga: Facet = { kind: "has", field: "name", text: "riga" };

test("a search survives the address bar, whatever is typed into it", () => {
  const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());
  const plain = { noNullPrototype: true } as const;
  const facet: fc.Arbitrary<Facet> = fc.oneof(
    fc.record({ kind: fc.constant("has" as const), field: word, text: word }, plain),
    fc.record({ kind: fc.constant("is" as const), field: word, value: word, label: word }, plain),
    fc.record({ kind: fc.constant("filter" as const), name: word }, plain),
    fc.record(
      {
        kind: fc.constant("where" as const),
        field: word,
        operator: fc.constantFrom(...whereOperators),
        value: word,
      },
      plain,
    ),
  );
  const search = fc.record(
    {
      facets: fc.array(facet, { maxLength: 5 }),
      groupBy: fc.array(word, { maxLength: 2 }),
      sort: word,
      menu: word,
    },
    plain,
  );
  fc.assert(
    fc.property(search, (value) => assert.deepEqual(parseSearch(formatSearch(value), undefined), value)),
  );
});

test("an empty search leaves the address bare", () => {
  assert.equal(formatSearch(emptySearch), "");
  assert.deepEqual(parseSearch("", "name"), emptySearch);
});

test("plain words in the address search the first field", () => {
  assert.deepEqual(parseSearch("?q=riga", "name").facets, [riga]);
});

test("facets that nobody knows are dropped, and too many are cut", () => {
  assert.deepEqual(
    parseSearch("?q=evil:name:x,where:name:drop:1,in:day:soon,%E0%A4%A", undefined).facets,
    [],
  );
  const many = Array.from({ length: maxFacets + 5 }, (_, index) => `has:name:${index}`).join(",");
  assert.equal(parseSearch(`?q=${many}`, "name").facets.length, maxFacets);
});

test("a facet is not added twice, and Backspace takes the last one", () => {
  const once = withFacet(emptySearch, riga);
  assert.equal(withFacet(once, { ...riga }), once);
  const two = toggleFilter(once, "companies");
  assert.deepEqual(withoutFacet(two).facets, [riga]);
  assert.deepEqual(toggleFilter(two, "companies").facets, [riga]);
});

test("a third grouping replaces the first, and a second click takes one away", () => {
  const grouped = ["country_id", "state", "user_id"].reduce(toggleGroup, emptySearch);
  assert.deepEqual(grouped.groupBy, ["state", "user_id"]);
  assert.deepEqual(toggleGroup(grouped, "state").groupBy, ["user_id"]);
});

test("a header sorts up, down, and then not at all", () => {
  const up = cycleSort(emptySearch, "name");
  const down = cycleSort(up, "name");
  assert.deepEqual([up.sort, down.sort, cycleSort(down, "name").sort], ["name", "name desc", ""]);
});
