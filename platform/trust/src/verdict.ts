import type { Finding } from "./claim.ts";

/** Problems whose places are kept for operators; the public sees how many there are of each kind. */
const maxPlaces = 200;

/**
 * Gathers what a probe finds, and makes its finding: `fail` when there was any problem. Sentences are public
 * and name no customer; where it was goes into the details, which operators alone see.
 */
export class Verdict {
  readonly #problems = new Map<string, string[]>();
  readonly #notes: string[] = [];
  #simulated = false;

  /** Something does not hold. @param what - public. @param where - for operators. */
  problem(what: string, where: string): void {
    const places = this.#problems.get(what) ?? [];
    this.#problems.set(what, places);
    places.push(where);
  }

  /** Notes a problem unless `holds`. @returns `holds`. */
  expect(holds: boolean, what: string, where: string): boolean {
    if (!holds) this.problem(what, where);
    return holds;
  }

  /** Something that a reader has to know beside the figures: "1 database is too young to need one". */
  note(sentence: string): void {
    this.#notes.push(sentence);
  }

  /** What was measured only poses as the thing. */
  simulated(): void {
    this.#simulated = true;
  }

  get holds(): boolean {
    return this.#problems.size === 0;
  }

  /** How many were noted. */
  get problems(): number {
    return [...this.#problems.values()].reduce((sum, places) => sum + places.length, 0);
  }

  /**
   * @param measured - the figures, as a sentence without its full stop.
   * @param whenHolds - what follows it when there was no problem: ": PostgreSQL refused them all".
   */
  finding(measured: string, whenHolds = "", details: Readonly<Record<string, unknown>> = {}): Finding {
    const problems = [...this.#problems].map(([what, places]) =>
      places.length > 1 ? `${what} (${places.length} times)` : what,
    );
    const where = Object.fromEntries(
      [...this.#problems].map(([what, places]) => [what, places.slice(0, maxPlaces)]),
    );
    return {
      state: this.holds ? "pass" : "fail",
      ...(this.#simulated ? { simulated: true } : {}),
      summary: [...problems, this.holds ? measured + whenHolds : measured, ...this.#notes]
        .map(sentence)
        .join(" "),
      details: { ...details, ...(this.holds ? {} : { problems: where }) },
    };
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** "1 copy", "3 copies". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
