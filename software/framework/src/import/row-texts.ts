import { Translations } from "../model/keyed.ts";
import { type LanguageCode, sourceLanguage } from "../model/languages.ts";
import type { Model } from "../model/model.ts";

/** The texts of one row that stand under a language of their own (`name@de_DE`). */
export class RowTexts {
  readonly #own: LanguageCode;
  readonly #texts = new Map<string, Map<LanguageCode, string | null>>();

  /** @param own - the language of whoever imports: what a column without a language is in. */
  constructor(own: LanguageCode) {
    this.#own = own;
  }

  add(field: string, language: LanguageCode, text: unknown): void {
    const known = this.#texts.get(field) ?? new Map<LanguageCode, string | null>();
    this.#texts.set(field, known.set(language, text as string | null));
  }

  /**
   * Puts them into the row's values beside the text without a language. A new record takes nothing for an empty cell,
   * and what it must have is not had by a text of another language than the caller's or the source; of a known one an
   * empty cell takes that language's text away.
   */
  join(model: Model, values: Record<string, unknown>, fresh: boolean): void {
    for (const [field, texts] of this.#texts) {
      const plain = values[field] as string | null | undefined;
      if (plain !== undefined && !texts.has(this.#own)) texts.set(this.#own, plain);
      const kept = [...texts].filter(([, text]) => !fresh || text !== null);
      const based =
        !(fresh && model.fields[field]?.required) ||
        kept.some(([language]) => language === this.#own || language === sourceLanguage);
      if (kept.length > 0 && based) values[field] = new Translations(Object.fromEntries(kept));
    }
  }
}
