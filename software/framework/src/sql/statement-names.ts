/** Most statements that one database's connections keep prepared: some 50 KB each and connection. */
export const maxNamed = 96;
/** Texts remembered that were seen once or twice. */
const maxCandidates = 512;
/** How often a text is seen before it is worth a place in the memory of each connection. */
const seenBefore = 2;

let serial = 0;

/**
 * Gives names to the statements of one database that come again and again: PostgreSQL then reads and plans each once
 * a connection (checking a session costs 0.15 ms so, and 0.70 without). Asked only for statements whose plan is good
 * whatever the parameters are: by key, inserts. A list, whose best plan depends on how many rows match, has no name.
 *
 * When all names are given away they are given anew; connections close after some thousand statements, and with them
 * goes what they kept.
 */
export class StatementNames {
  readonly #named = new Map<string, string>();
  readonly #candidates = new Map<string, number>();

  /** @returns the name of a text; undefined while it is not known to come often. */
  of(text: string): string | undefined {
    const known = this.#named.get(text);
    if (known !== undefined) return known;
    const seen = (this.#candidates.get(text) ?? 0) + 1;
    this.#candidates.delete(text);
    if (seen <= seenBefore) {
      if (this.#candidates.size >= maxCandidates)
        this.#candidates.delete(this.#candidates.keys().next().value as string);
      this.#candidates.set(text, seen);
      return undefined;
    }
    if (this.#named.size >= maxNamed) this.#named.clear();
    const name = `hf${++serial}`;
    this.#named.set(text, name);
    return name;
  }
}
