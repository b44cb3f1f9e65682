const hues = ["tone-blue", "tone-violet", "tone-teal", "tone-amber", "tone-pink", "tone-green"] as const;

/** Words that states are commonly called by, in every app alike. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(draft|new|none|waiting|pending|inactive|archived|cancel(l?ed)?|skipped)$/, ""],
  [/^(sent|open|running|in_progress|posted|confirmed|creating|taking|stored)$/, "tone-blue"],
  [
    /^(sale|done|paid|active|ready|ok|verified|proven|won|success|succeeded|good|up|complete|completed|pass|caught)$/,
    "tone-green",
  ],
  [
    /^(warning|late|overdue|expiring|undoing|paused|degraded|partial|simulated|restoring|away)$/,
    "tone-amber",
  ],
  [
    /^(failed|error|damaged|lost|blocked|danger|down|deleted|deleting|refused|undone|critical|fail|missed|missing)$/,
    "tone-red",
  ],
];

/**
 * The colour class of a value: by its meaning where the word has one, grey otherwise.
 *
 * @param otherwise - `always` gives every word some colour, the same one each time.
 */
export function tone(value: string, otherwise: "grey" | "always" = "grey"): string {
  const known = meanings.find(([words]) => words.test(value.toLowerCase()));
  if (known && otherwise === "grey") return known[1];
  if (otherwise === "grey") return "";
  let hash = 7;
  for (const letter of value) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003;
  return hues[hash % hues.length] ?? "";
}
