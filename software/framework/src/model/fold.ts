/**
 * ONE table of what differs only by case or accent: `ilike` and type-ahead use it in SQL (see
 * fold-function.ts) and in memory, so the two can never disagree as `unaccent` and Unicode do on ø, ß, Ł.
 *
 * Latin, Greek, Cyrillic and the other scripts with case; marks of U+0300–U+036F vanish. Kana, Hangul
 * and the vowel signs of Indic and Semitic scripts stay: there a mark makes another letter or word.
 * The table follows Unicode, so a test pins its digest: an index built on another table would be wrong.
 */
// biome-ignore format: a table reads best in rows
const letters = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ĳ: "ij",
  ŉ: "n",
  ǆ: "dz",
  ǉ: "lj",
  ǌ: "nj",
  ǳ: "dz",
  ﬀ: "ff",
  ﬁ: "fi",
  ﬂ: "fl",
  ﬃ: "ffi",
  ﬄ: "ffl",
  ﬅ: "st",
  ﬆ: "st",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  ħ: "h",
  ı: "i",
  ȷ: "j",
  ĸ: "k",
  ŋ: "n",
  ŧ: "t",
  ſ: "s",
  ŀ: "l",
  ƀ: "b",
  ɓ: "b",
  ƈ: "c",
  ɖ: "d",
  ɗ: "d",
  ƌ: "d",
  ƒ: "f",
  ǥ: "g",
  ɠ: "g",
  ɨ: "i",
  ƙ: "k",
  ƚ: "l",
  ɲ: "n",
  ƞ: "n",
  ɵ: "o",
  ƥ: "p",
  ƫ: "t",
  ƭ: "t",
  ʈ: "t",
  ʋ: "v",
  ƴ: "y",
  ƶ: "z",
  ȥ: "z",
  ɉ: "j",
  ɍ: "r",
  ɏ: "y",
  ς: "σ",
  µ: "μ",
  ϐ: "β",
  ϑ: "θ",
  ϕ: "φ",
  ϖ: "π",
  ϰ: "κ",
  ϱ: "ρ",
  ϵ: "ε",
} as Readonly<Record<string, string>>;

/** A run of code points and what its members become; order and content shape the SQL function. */
export interface FoldBlock {
  readonly first: number;
  readonly last: number;
  readonly entries: readonly (readonly [from: string, to: string])[];
}

/** Where letters with case or removable marks live; a test proves that no letter elsewhere has case. */
const ranges = [
  [0x0080, 0x024f],
  [0x0250, 0x036f],
  [0x0370, 0x052f],
  [0x1e00, 0x1eff],
  [0x0530, 0x058f],
  [0x10a0, 0x10ff],
  [0x13a0, 0x13ff],
  [0x1c80, 0x1cbf],
  [0x1d00, 0x1dff],
  [0x1f00, 0x1fff],
  [0x2100, 0x218f],
  [0x24b6, 0x24e9],
  [0x2c00, 0x2dff],
  [0xa640, 0xa7ff],
  [0xab30, 0xabbf],
  [0xfb00, 0xfb06],
  [0xff21, 0xff3a],
] as const;

let table: { blocks: readonly FoldBlock[]; of: ReadonlyMap<string, string> } | undefined;

/** The folding table by blocks, most used first. Built once, 3 ms. */
export function foldBlocks(): readonly FoldBlock[] {
  return built().blocks;
}

/** @returns the text without case and accents; idempotent; `%`, `_` and `\` stay as they are. */
export function foldText(text: string): string {
  const lower = text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  if (!/[^\0-\x7f]/.test(lower)) return lower;
  const { of } = built();
  return lower.replace(/[^\0-\x7f]/g, (unit) => of.get(unit) ?? unit);
}

function built() {
  table ??= build();
  return table;
}

function build() {
  const blocks = ranges.map(([first, last]) => ({ first, last, entries: entriesBetween(first, last) }));
  return { blocks, of: new Map(blocks.flatMap((block) => block.entries)) };
}

function entriesBetween(first: number, last: number): (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [];
  for (let point = first; point <= last; point++) {
    const from = String.fromCharCode(point);
    const to = foldOne(from);
    if (to !== from) entries.push([from, to]);
  }
  return entries;
}

function foldOne(unit: string): string {
  const lower = unit.toLowerCase();
  const parts = lower.normalize("NFD");
  const bare = parts.replace(/[\u0300-\u036f]/g, "");
  const base = bare === parts ? lower : bare;
  return base.replace(/./gu, (letter) => letters[letter] ?? letter);
}
