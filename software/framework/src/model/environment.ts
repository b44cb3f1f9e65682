import type { Clock } from "@holdfast/kernel/clock";
import type { Random } from "@holdfast/kernel/random";
import type { Actor } from "../access/actor.ts";
import type { RightOperation } from "../access/policy.ts";
import type { CheckedDomain, Domain, DomainOf } from "./domain-type.ts";
import type { Field, Reference } from "./field.ts";
import type { FieldName, Model, Row, Values } from "./model.ts";
import type { RecordExplanation } from "./records/explain-record.ts";
import type { TextsByLanguage } from "./records/translations.ts";
import type { Witness } from "./records/witness.ts";
import type { Registry } from "./registry.ts";
import type { NestedRow, NestedTexts, OnlyFields, RawSelection, SelectionOf } from "./selection.ts";
import type { TrashPage, TrashSearch } from "./trash/read-trash.ts";
import type { Restored, RestoreOptions } from "./trash/restore.ts";

export type { Domain, DomainOf } from "./domain-type.ts";
export type { RecordExplanation } from "./records/explain-record.ts";
export type { Witness } from "./records/witness.ts";

export interface SearchOptions {
  /** `"name desc, id"`; the model's own when absent. */
  readonly order?: string;
  /** At most {@link maxRows}. When absent all are given, or `too_large` if they are more than that: never a part in silence. */
  readonly limit?: number;
  readonly offset?: number;
  /**
   * Only what comes after a record: the values by which it is sorted, in the order's order, then its id. Exact under
   * ties and with what is not set, and as quick for the last page as for the first. A many2one is told by its id.
   */
  readonly after?: readonly unknown[];
  /** `false`: archived records too. */
  readonly activeOnly?: boolean;
}

/** Most records that one call reads or changes. */
export const maxRows = 10_000;

export interface WriteOptions {
  /** Values that the caller had read: a field that has another one by now is a `conflict` that tells both. */
  readonly expected?: Readonly<Record<string, unknown>>;
}

export interface UnlinkOptions {
  /** `true`: not into the trash. For what must leave no trace. */
  readonly forever?: boolean;
}

/**
 * Deleted records of a model with `trash: true`, for whoever could read and delete them if they were there. To all
 * others, and for what is not in the trash, the answer is `not_found`.
 */
export interface Trashed {
  /** What was deleted last comes first. */
  search(options?: TrashSearch): Promise<TrashPage>;
  /** All or none; a `conflict` leaves everything in the trash. */
  restore(ids: readonly number[], options?: RestoreOptions): Promise<Restored>;
  /** For good, with files. */
  remove(ids: readonly number[]): Promise<void>;
}

/** One group: a value for each key and aggregate, under the names that were asked for. */
export interface Group<D extends Domain = Domain> {
  readonly [name: string]: unknown;
  readonly __count: number;
  /** Finds the records of the group. */
  readonly __domain: D;
}

/** What amounts of one currency come to: exact text, as many digits as they have. */
export interface AmountOf {
  readonly currency: Reference | null;
  readonly sum: string;
}

/** A field of {@link TextRows}, and how many columns it takes: a many2one two, its id and its record's name. */
export interface TextField {
  readonly name: string;
  readonly field: Field;
  readonly columns: number;
  /** What a value is worked out from on reading: these are in the columns, and not the value. */
  readonly from?: readonly TextField[];
}

/** Rows as PostgreSQL writes them, for doors that write text again: nothing is parsed on the way. */
export interface TextRows {
  readonly shape: readonly TextField[];
  /** The columns of all fields, one after the other; null is "not set". */
  readonly tuples: readonly (readonly (string | null)[])[];
}

/** A domain, each term held to its field; nothing but `D` where it fits, so that lists may be spread into it. */
type Given<M extends Model, D> = D & (D extends CheckedDomain<M, D> ? unknown : CheckedDomain<M, D>);

/** The record behind a many2one, and what is read of it; see `searchWith`. */
interface Behind<M extends Model, K extends string, T extends Model, F extends FieldName<T>> {
  readonly field: K & FieldName<M>;
  readonly model: T;
  readonly fields: readonly F[];
  readonly named?: readonly F[];
}

/** What an actor may do with one model's records: each call passes rights, rules and field permissions. */
export interface Records<M extends Model> {
  readonly model: M;
  search<const D extends Domain>(domain: Given<M, D>, options?: SearchOptions): Promise<number[]>;
  /** @returns how many match; counting stops at `limit`. */
  count<const D extends Domain>(
    domain: Given<M, D>,
    options?: { readonly limit?: number; readonly activeOnly?: boolean },
  ): Promise<number>;
  /** ONE statement, names of related records included. */
  searchRead<const N extends FieldName<M>, const D extends Domain>(
    domain: Given<M, D>,
    fields: readonly N[],
    options?: SearchOptions,
  ): Promise<Row<M, N>[]>;
  /**
   * As {@link searchRead}, with fields of the record behind a many2one in the same statement; null where none is
   * set or a rule hides it. many2one fields come without names (`displayName` is empty) but for those that
   * `behind.named` lists.
   */
  searchWith<
    const N extends FieldName<M>,
    const K extends string,
    T extends Model,
    const F extends FieldName<T>,
    const D extends Domain,
  >(
    domain: Given<M, D>,
    fields: readonly N[],
    behind: Behind<M, K, T, F>,
    options?: SearchOptions,
  ): Promise<(Omit<Row<M, N>, K> & { readonly [name in K]: Row<T, F> | null })[]>;
  /**
   * The first that {@link searchWith} finds, with what tells later whether it still reads the same: see
   * {@link DataSource.provided}.
   */
  searchWitness<
    const N extends FieldName<M>,
    const K extends string,
    T extends Model,
    const F extends FieldName<T>,
    const D extends Domain,
  >(
    domain: Given<M, D>,
    fields: readonly N[],
    behind: Behind<M, K, T, F>,
  ): Promise<
    | {
        readonly record: Omit<Row<M, N>, K> & { readonly [name in K]: Row<T, F> | null };
        readonly witness: Witness;
      }
    | undefined
  >;
  /** In the order of `ids`; a missing or hidden one is `not_found`. */
  read<const N extends FieldName<M>>(ids: readonly number[], fields: readonly N[]): Promise<Row<M, N>[]>;
  /**
   * The records of a one2many of some records, archived ones too, in no order; each says by its way back whose it is.
   * ONE statement; none for a `plain` compute where this transaction made the records and all that leads to them.
   */
  linesOf<T extends Model, const N extends FieldName<T>>(
    field: FieldName<M>,
    ids: readonly number[],
    lines: { readonly model: T; readonly fields: readonly N[] },
  ): Promise<Row<T, N>[]>;
  /** What translated fields are in each language that has a text of its own, in the order of `ids`. ONE statement. */
  translations(
    ids: readonly number[],
    fields: readonly FieldName<M>[],
  ): Promise<{ readonly id: number; readonly texts: Readonly<Record<string, TextsByLanguage>> }[]>;
  /** As {@link searchRead}, with chosen fields of related records, as deep as {@link nested} goes. ONE statement. */
  searchNested<const S extends SelectionOf<M>, const D extends Domain>(
    domain: Given<M, D>,
    selection: OnlyFields<M, S>,
    options?: SearchOptions,
  ): Promise<NestedRow<M, S>[]>;
  /** As {@link read}, likewise. ONE statement. */
  readNested<const S extends SelectionOf<M>>(
    ids: readonly number[],
    selection: OnlyFields<M, S>,
  ): Promise<NestedRow<M, S>[]>;
  /** As {@link searchNested}, for a selection that came from outside, in PostgreSQL's own text. */
  searchNestedTexts(domain: Domain, selection: RawSelection, options?: SearchOptions): Promise<NestedTexts>;
  /** As {@link readNested}, likewise. */
  readNestedTexts(ids: readonly number[], selection: RawSelection): Promise<NestedTexts>;
  /** As {@link searchRead}, in PostgreSQL's own text. */
  searchTexts(domain: Domain, fields: readonly string[], options?: SearchOptions): Promise<TextRows>;
  /** As {@link read}, in PostgreSQL's own text. */
  readTexts(ids: readonly number[], fields: readonly string[]): Promise<TextRows>;
  /** All or none. @returns the new ids, in order. */
  create(values: readonly Values<M>[]): Promise<number[]>;
  /** A record hidden by a rule, before or after the change, is `not_found` or `access_denied`; nothing is written. */
  write(ids: readonly number[], values: Values<M>, options?: WriteOptions): Promise<void>;
  /**
   * Adds to an integer of the one record that matches, and reads fields of it as they are then: ONE statement, where
   * reading and writing take two. For counters, in a system scope. @returns undefined when none matches.
   */
  advance<const N extends FieldName<M>, const D extends Domain>(
    domain: Given<M, D>,
    field: FieldName<M>,
    by: number,
    fields: readonly N[],
  ): Promise<Row<M, N> | undefined>;
  /** A new record like an old one, fields with `copy: false` left out; `changes` go over it. @returns its id. */
  copy(id: number, changes?: Values<M>): Promise<number>;
  /** The same of several, each with the same changes, all or none. @returns ids in their order. */
  copyEach(ids: readonly number[], changes?: Values<M>): Promise<number[]>;
  /** Gives each record its own values: one UPDATE for all that set the same fields. All or none. */
  writeEach(changes: readonly { readonly id: number; readonly values: Values<M> }[]): Promise<void>;
  /** On a model with a trash, into it. */
  unlink(ids: readonly number[], options?: UnlinkOptions): Promise<void>;
  /** @throws `not_found` on a model without one. */
  readonly trashed: Trashed;
  /** Ids that exist and may be read. */
  exists(ids: readonly number[]): Promise<number[]>;
  nameSearch<const D extends Domain>(
    query: string,
    domain: Given<M, D>,
    limit: number,
  ): Promise<{ readonly id: number; readonly displayName: string }[]>;
  /**
   * Counts and aggregates by groups: `groupBy` like `"country_id"`, `"date_order:month"` (day, week, month,
   * quarter, year); `aggregates` like `"amount_total:sum"` (sum, avg, min, max, count, count_distinct;
   * `by_currency` of amounts: a list of {@link AmountOf}, since what is in several currencies has no one sum).
   * `order` in the same names: `"__count desc"`.
   */
  /**
   * Why somebody may or may not do something with one record. In a system scope only, whose code has asked
   * whether its caller may know.
   */
  explain(id: number, actor: Actor, operation: RightOperation): Promise<RecordExplanation>;
  /** Which of the actors may do something with one record; likewise. */
  reaching(id: number, actors: readonly Actor[], operation: RightOperation): Promise<Actor[]>;
  readGroup<const D extends Domain>(
    domain: Given<M, D>,
    groupBy: readonly string[],
    aggregates: readonly string[],
    options?: Omit<SearchOptions, "after">,
  ): Promise<Group<DomainOf<M>>[]>;
}

/**
 * One actor at work in one database: the only way to data. Cheap; made for one request or job and not
 * kept. Inside {@link Work} everything is one transaction.
 */
export interface Environment {
  readonly actor: Actor;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  of<M extends Model>(model: M): Records<M>;
  /** By name, for doors that take names from callers; unknown is `not_found`. */
  model(name: string): Records<Model>;
  /** A scope above all rights, for the block alone; the reason is logged and counted. Never reachable from input. */
  system<T>(reason: string, block: (env: Environment) => Promise<T>): Promise<T>;
  /** Runs after the transaction has committed, never when it rolled back. */
  afterCommit(action: () => void): void;
}

/** One transaction that is made of parts, each of which may be refused without the others. */
export interface Parts {
  /** The transaction as a whole: sees what its parts have done. */
  readonly env: Environment;
  /** Runs one part to its end, rules and checks included. One that fails leaves nothing behind; its failure is thrown. */
  attempt<T>(part: (env: Environment) => Promise<T>): Promise<T>;
}

export interface WritingOptions {
  /**
   * The work is one verb of one model and does nothing after it: where that takes one statement, it is sent as a
   * transaction of its own. The work runs again from its start when it took more.
   */
  readonly oneVerb?: boolean | undefined;
}

/** See {@link DataSource.provided}. */
export interface Provided {
  readonly data: DataSource;
  /** Whether the record is what it was; nothing that `data` handed out or did rests on anything else. */
  stands(): Promise<boolean>;
}

/** A tenant's data, opened: hands out environments. */
export interface DataSource {
  readonly registry: Registry;
  /** Statements outside a transaction: one round trip each. Writes are refused. */
  reading(actor: Actor): Environment;
  /** One transaction, retried on serialization failures (at most 3 times). */
  writing<T>(actor: Actor, work: (env: Environment) => Promise<T>, options?: WritingOptions): Promise<T>;
  /** As {@link writing}, in parts. At most some dozens of them: each is a transaction of its own to PostgreSQL. */
  inParts<T>(actor: Actor, work: (parts: Parts) => Promise<T>): Promise<T>;
  /**
   * The same data for one request: what is asked for at the same moment goes in one round trip.
   *
   * @param confirmed - what is read is asked for at once, but neither a result nor a failure is handed out, and no
   *   change begins, before it resolves; when it rejects, everything does. So a request's first statement
   *   can go out together with the check of who asks, and is thrown away unless that check confirms it.
   */
  oneRequest(confirmed?: Promise<unknown>): DataSource;
  /**
   * The same for a request that rests on a record being what it was when it was read: the question goes out with the
   * request's first statement, or inside the transaction of a change that is one statement.
   */
  provided(witness: Witness): Provided;
  close(): Promise<void>;
}
