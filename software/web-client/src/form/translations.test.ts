import assert from "node:assert/strict";
import { test } from "node:test";
import { changedTexts } from "./translations.ts";

const texts = [
  { language: "en_US", value: "Chair", source: "Chair" },
  { language: "de_DE", value: "", source: "Chair" },
  { language: "fr_FR", value: "Chaise", source: "Chair" },
];

test("only languages that were changed are sent; an emptied one is taken away", () => {
  const typed = new Map([
    ["en_US", "Chair"],
    ["de_DE", "Stuhl"],
    ["fr_FR", ""],
    ["xx", "ignored"],
  ]);
  assert.deepEqual(changedTexts(texts, typed), { de_DE: "Stuhl", fr_FR: "" });
  assert.deepEqual(changedTexts(texts, new Map()), {});
});
