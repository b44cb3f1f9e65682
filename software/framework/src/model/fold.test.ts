import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../sql/database.ts";
import { sql } from "../sql/sql.ts";
import { testCluster } from "../testing/cluster.ts";
import { foldBlocks, foldText } from "./fold.ts";
import { createFoldFunction } from "./fold-function.ts";

/** Every code unit that is a character of its own. NUL cannot be stored. */
const characters = Array.from({ length: 0xffff }, (_, i) => String.fromCharCode(i + 1)).filter((unit) =>
  unit.isWellFormed(),
);
const words = [
  "ÉCOLE",
  "Straße",
  "Łódź",
  "Ørsted",
  "œuvre",
  "İstanbul",
  "ΣΊΣΥΦΟΣ",
  "Ёлка",
  "e\u0301te\u0301",
  "Nguyễn",
  "ǅ",
  "ﬃ",
  "がき",
  "한국",
  "😀É",
  "",
];

test("folding takes case and accents away", () => {
  deepStrictEqual(words.map(foldText), [
    "ecole",
    "strasse",
    "lodz",
    "orsted",
    "oeuvre",
    "istanbul",
    "σισυφοσ",
    "елка",
    "ete",
    "nguyen",
    "dz",
    "ffi",
    "がき",
    "한국",
    "😀e",
    "",
  ]);
});

test("folding folded text changes nothing", () => {
  deepStrictEqual(
    characters.filter((unit) => foldText(foldText(unit)) !== foldText(unit)),
    [],
  );
});

test("every letter folds like its lower case, so no letter outside the blocks has case", () => {
  deepStrictEqual(
    characters.filter((unit) => foldText(unit.toLowerCase()) !== foldText(unit)),
    [],
  );
});

test("the signs of patterns stay as they are", () => {
  strictEqual(foldText("100\\%_"), "100\\%_");
});

test("the table is the one that indexes were built with", () => {
  // Another digest: a new Unicode or a changed table. Every index on hf_fold must then be rebuilt by a migration.
  const digest = createHash("sha256").update(JSON.stringify(foldBlocks())).digest("hex").slice(0, 16);
  strictEqual(digest, "241fad1e3db20928");
});

describe("hf_fold in PostgreSQL", () => {
  let database: Database;
  before(async () => {
    database = openDatabase((await testCluster()).connection("postgres"));
    await database.rows(createFoldFunction());
  });
  after(() => database.close());

  const folded = async (texts: readonly string[]): Promise<unknown[]> => {
    const found = await database.tuples(
      sql`SELECT hf_fold(given) FROM unnest(${texts}::text[]) WITH ORDINALITY AS each(given, place) ORDER BY place`,
    );
    return found.map(([text]) => text);
  };

  test("folds every character of the basic plane as memory does", async () => {
    const found = await folded(characters);
    deepStrictEqual(
      characters.filter((unit, i) => found[i] !== foldText(unit)),
      [],
    );
  });

  test("folds words that mix scripts and blocks as memory does", async () => {
    const mixed = [...words, ...words.map((word, i) => `${word} ${words[(i + 5) % words.length]} ÅӁἇ`)];
    deepStrictEqual(await folded(mixed), mixed.map(foldText));
  });

  test("may be created twice and serves an index", () =>
    database.transaction(async (transaction) => {
      await transaction.rows(createFoldFunction());
      await transaction.rows(sql`CREATE TEMP TABLE folded ON COMMIT DROP AS SELECT 'É'::text AS name`);
      await transaction.rows(sql`CREATE INDEX ON folded (hf_fold(name))`);
    }));
});
