import type { Environment } from "../environment.ts";
import type { Check, Model } from "../model.ts";
import type { PlacedCompute } from "../triggers.ts";
import { Changed } from "./changes.ts";
import type { Context } from "./context.ts";
import { Hand } from "./hand.ts";

/** Records that must meet the actor's rule once all computes are done. */
export interface Guard {
  readonly context: Context;
  readonly model: Model;
  readonly operation: "write" | "create";
  readonly ids: Set<number>;
}

/** What a verb did to some records of one model. */
export interface Touched {
  readonly ids: Iterable<number>;
  readonly fields: Iterable<string>;
  /** Somebody asked to be told of changes of the model. */
  readonly asked?: boolean;
}

interface Checked {
  readonly ids: Set<number>;
  readonly fields: Set<string>;
}

/** What a changing statement told of one of its rows; see `heldAtOnce`. */
export interface Held {
  readonly env: Environment;
  readonly operation: "write" | "create";
  /** Columns that the rule and the checks look at. */
  readonly reads: ReadonlySet<string>;
  readonly checks: readonly Check[];
  /** Whether the row meets the rule. */
  readonly allowed: boolean;
  readonly record: Readonly<Record<string, unknown>>;
}

/** What {@link UnitOfWork.takeOwed} gives. */
export interface Owed {
  readonly guards: readonly Guard[];
  readonly checks: readonly (readonly [Model, Checked])[];
}

/**
 * What a transaction still owes: computes to run, rules to hold on new values, checks to make. It is paid
 * when the outermost verb ends, so that an order and its forty lines are settled once.
 */
export class UnitOfWork {
  readonly #stale = new Map<PlacedCompute, Set<number>>();
  readonly #guards = new Map<string, Guard>();
  readonly #checks = new Map<Model, Checked>();
  readonly #explicit = new Map<string, Set<string>>();
  readonly #held = new Map<string, Map<number, Held>>();
  readonly #environments = new Map<Environment, number>();
  readonly hand = new Hand();
  /** What is to be told of before the commit. */
  readonly changed = new Changed();
  #depth = 0;
  #changes = 0;
  #broken: unknown;

  /**
   * Runs one verb; the outermost one settles. A verb that fails after it has changed something breaks the
   * whole transaction: its caller may catch the error, but can no longer commit half of a change.
   */
  async verb<T>(work: () => Promise<T>, settle: () => Promise<void>): Promise<T> {
    const before = this.#changes;
    this.#depth += 1;
    try {
      const result = await work();
      if (this.#depth === 1) await settle();
      return result;
    } catch (error) {
      if (this.#changes !== before) this.#broken ??= error;
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Whether the verb that is at work is nobody else's part. */
  get outermost(): boolean {
    return this.#depth === 1;
  }

  /** A statement told of a row of its own what would be asked in the end. */
  heldAtOnce(model: Model, id: number, held: Held): void {
    let rows = this.#held.get(model.name);
    if (rows === undefined) this.#held.set(model.name, (rows = new Map()));
    rows.set(id, held);
  }

  heldBefore(model: Model, id: number): Held | undefined {
    return this.#held.get(model.name)?.get(id);
  }

  /** These columns of these rows are other ones now: what was told of them is not true any more. */
  changedSince(model: Model, ids: readonly number[], fields: readonly string[]): void {
    this.hand.forget(model, ids, fields);
    const rows = this.#held.get(model.name);
    if (rows === undefined) return;
    for (const id of ids) if (fields.some((name) => rows.get(id)?.reads.has(name))) rows.delete(id);
  }

  /** Rows may have changed that nobody named: a deletion unsets what referred to it. */
  forgetHeld(): void {
    this.#held.clear();
    this.hand.forgetAll();
  }

  /** Called before each statement that changes rows. */
  changing(): void {
    this.#changes += 1;
  }

  /**
   * Keeps what a compute reads, unless something was changed while it was read: an answer that overtakes a change is
   * older than it.
   */
  async noting<T>(read: () => Promise<T>, note: (hand: Hand, found: T) => void): Promise<T> {
    const before = this.#changes;
    const found = await read();
    if (this.hand.isReading && this.#changes === before) note(this.hand, found);
    return found;
  }

  /** @throws the first failure that left a change half made. */
  assertWhole(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  stale(placed: PlacedCompute, ids: Iterable<number>): void {
    const known = this.#stale.get(placed);
    if (known === undefined) {
      const fresh = new Set(ids);
      if (fresh.size > 0) this.#stale.set(placed, fresh);
    } else for (const id of ids) known.add(id);
  }

  /** Whether none of the computes is stale for a record. */
  isFresh(computes: ReadonlySet<PlacedCompute>, id: number): boolean {
    for (const placed of computes) if (this.#stale.get(placed)?.has(id)) return false;
    return true;
  }

  /** These computes have reckoned with what just changed. */
  fresh(computes: ReadonlySet<PlacedCompute>, ids: readonly number[]): void {
    for (const placed of computes) for (const id of ids) this.#stale.get(placed)?.delete(id);
  }

  /** The stale compute of the lowest rank, taken off the list. */
  nextStale(): { readonly placed: PlacedCompute; readonly ids: Set<number> } | undefined {
    let next: PlacedCompute | undefined;
    for (const placed of this.#stale.keys()) if (next === undefined || placed.rank < next.rank) next = placed;
    if (next === undefined) return undefined;
    const ids = this.#stale.get(next) as Set<number>;
    this.#stale.delete(next);
    return { placed: next, ids };
  }

  /** Records were created or changed: remembers what must hold in the end. */
  touched(guard: Omit<Guard, "ids">, { ids, fields, asked }: Touched): void {
    if (asked === true) this.changed.add(guard.model, guard.operation, { ids, fields });
    this.#remember(guard, ids);
    if (guard.model.checks === undefined || guard.model.checks.length === 0) return;
    const check = this.#checks.get(guard.model) ?? { ids: new Set(), fields: new Set() };
    this.#checks.set(guard.model, check);
    for (const id of ids) check.ids.add(id);
    for (const field of fields) check.fields.add(field);
  }

  /** The caller gave these fields by name: computes of the same change leave them alone. */
  keepExplicit(model: Model, id: number, names: Iterable<string>): void {
    const key = `${model.name} ${id}`;
    this.#explicit.set(key, new Set([...(this.#explicit.get(key) ?? []), ...names]));
  }

  explicitIn(model: Model, id: number): ReadonlySet<string> | undefined {
    return this.#explicit.get(`${model.name} ${id}`);
  }

  forgetExplicit(): void {
    this.#explicit.clear();
  }

  /**
   * Restored records keep what they had, as if they had never been away: of their own computes only those run that
   * look at other records, which may have changed, and whose results nobody may write over.
   */
  keepRestored(model: Model, ids: readonly number[]): void {
    for (const [placed, stale] of this.#stale) {
      if (placed.model.name !== model.name) continue;
      const { dependsOn, fields } = placed.compute;
      const follows = dependsOn.some((path) => path.includes("."));
      if (follows && fields.every((name) => model.fields[name]?.readonly === true)) continue;
      for (const id of ids) stale.delete(id);
    }
  }

  /** Deleted records owe nothing. */
  forget(model: Model, ids: readonly number[]): void {
    this.changed.forget(model, ids);
    for (const guard of this.#guards.values())
      if (guard.model.name === model.name) for (const id of ids) guard.ids.delete(id);
    for (const [checked, check] of this.#checks)
      if (checked.name === model.name) for (const id of ids) check.ids.delete(id);
    for (const [placed, stale] of this.#stale)
      if (placed.model.name === model.name) for (const id of ids) stale.delete(id);
  }

  /** All guards and checks, taken off the list. */
  takeOwed(): Owed {
    const owed = { guards: [...this.#guards.values()], checks: [...this.#checks] };
    this.#guards.clear();
    this.#checks.clear();
    return owed;
  }

  #remember(guard: Omit<Guard, "ids">, ids: Iterable<number>): void {
    if (guard.context.actor.kind === "system") return;
    const number = this.#environments.get(guard.context.env) ?? this.#environments.size;
    this.#environments.set(guard.context.env, number);
    const key = `${number} ${guard.operation} ${guard.model.name}`;
    const known = this.#guards.get(key) ?? { ...guard, ids: new Set<number>() };
    this.#guards.set(key, known);
    for (const id of ids) known.ids.add(id);
  }
}
