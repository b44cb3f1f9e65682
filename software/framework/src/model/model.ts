import type { z } from "zod";
import type { Environment } from "./environment.ts";
import type { Fields, ReadOf, Reference, WriteOf } from "./field.ts";
import type { Registry } from "./registry.ts";

/**
 * A model: a table, what may be done with it, and nothing of how it is stored. A TypeScript value;
 * everything typed is inferred from it.
 */
export interface Model<Name extends string = string, F extends Fields = Fields> {
  readonly name: Name;
  readonly label: string;
  readonly fields: F;
  /** The stored text field that names a record. */
  readonly displayName: string;
  /** Default order: `"name"`, `"date_order desc, id desc"`. `id` is added as the last resort. */
  readonly order: string;
  /** Fields that type-ahead (`name_search`) looks in, besides the display name. */
  readonly searchFields?: readonly string[];
  readonly computes?: readonly Compute[];
  readonly checks?: readonly Check[];
  /** What PostgreSQL itself holds, whoever writes. */
  readonly constraints?: readonly SqlConstraint[];
  /** Deleted records can be restored for `trashDays` days, by whoever might have deleted them; see trash/. */
  readonly trash?: true;
  /** Methods that remote callers may call; all others do not exist for them. Source: claim RPC-1. */
  readonly methods?: Readonly<Record<string, RemoteMethod>>;
  /** Fields that stay as they are while the record is closed, whoever writes but our own code. */
  readonly freezes?: readonly Freeze[];
  /** Asked before a person's change counts: recent confirmation, the log of sign-ins. */
  readonly guard?: Guard;
}

/** Fields that change only while a condition holds: the customer of a quotation, until it is an order. */
export interface Freeze {
  /** Stored, with one value each. */
  readonly fields: readonly string[];
  /** While they may change; in the expression language, on stored fields of the record itself: `state == "draft"`. */
  readonly open: string;
  /** What a person is told who would change one of them, and could write the record otherwise. */
  readonly refusal: string;
}

/** What somebody is about to do, or has just done, with records of a guarded model. */
export interface GuardedChange {
  readonly operation: "create" | "write" | "delete";
  readonly ids: readonly number[];
  /** Those that are set. */
  readonly fields: readonly string[];
}

/** Asked when a person, not our own code, changes what decides who may do what. */
export interface Guard {
  /** Creating and deleting are always asked about; a write when it sets one of these. */
  readonly fields: readonly string[] | "all";
  /** In the caller's transaction and with their rights. @throws whatever refuses the change. */
  ask(env: Environment, change: GuardedChange): Promise<void>;
}

/**
 * Stored fields kept right by the data layer: recomputed in the transaction that changed a dependency,
 * also through relations. Runs in a system scope.
 */
export interface Compute {
  readonly fields: readonly string[];
  /** Paths from this model: `"name"`, `"parent_id.name"`, `"order_line.price_subtotal"`. */
  readonly dependsOn: readonly string[];
  /**
   * It uses ids of references and never their names: what the transaction has just written of its records then
   * stands for reading them again. The names are empty there.
   */
  readonly plain?: true;
  /**
   * Plain, and more: it changes no record that refers to its own, and asks of its own records only by `read`, for
   * fields that are no collections. So it can run before a new record is stored, and the record is stored once.
   */
  readonly beforehand?: true;
  /**
   * Its records are written also when all values came out the same: whoever changes one at this moment, having seen
   * what it is computed from as it was, collides. For a sum that somebody signs.
   */
  readonly touches?: true;
  /** @returns new values per id; an id left out keeps its values. One query for all ids, never one each. */
  run(env: Environment, ids: readonly number[], inherited?: ComputeRun): Promise<ComputedValues>;
}

/** Whether a compute that runs beforehand sees a record that is not stored yet. */
export function isNewRecord(id: number): boolean {
  return id < 0;
}

/** New values per id. */
export type ComputedValues = ReadonlyMap<number, Readonly<Record<string, unknown>>>;
/** A compute that another app's compute of the same fields goes over. */
export type ComputeRun = (env: Environment, ids: readonly number[]) => Promise<ComputedValues>;

/** A constraint in code; runs after every create and write that touches one of `fields`, before commit. */
export interface Check {
  readonly fields: readonly string[];
  /** @returns a sentence for the person when the record is not acceptable. */
  violation(record: Readonly<Record<string, unknown>>, registry: Registry): string | undefined;
}

/** A constraint that the database keeps: also against code of ours, and against two writers at once. */
export type SqlConstraint =
  | {
      /** No two records have the same values in all of these; what is not set equals nothing. */
      readonly unique: readonly string[];
      /** A sentence for the person. */
      readonly message: string;
    }
  | {
      /** In the expression language, on stored fields of the record itself: `quantity > 0`. */
      readonly check: string;
      readonly message: string;
    };

/** A method that a remote caller may call; rights on the records are still checked in every statement. */
export interface RemoteMethod {
  readonly label: string;
  /** `records`: called with ids as first argument; `model`: without. */
  readonly on: "records" | "model";
  /** `read` runs outside a transaction. */
  readonly effect: "read" | "write";
  /** The person must have confirmed who they are in the last ten minutes; see identity/recent-confirmation.ts. */
  readonly recent?: true;
  /** The answer may hold a secret, shown this once: no answer is kept, so no idempotency key is taken. */
  readonly answersSecret?: true;
  /** Named arguments, validated before the method runs. */
  readonly input: z.ZodType;
  /** @param ids - as given by the caller: NOT yet checked; read them through env, which does. */
  run(env: Environment, ids: readonly number[], input: never, inherited?: Inherited): Promise<unknown>;
}

/** The method of the same name that was declared before: what other languages call `super`. */
export type Inherited<Input = never> = (
  env: Environment,
  ids: readonly number[],
  input: Input,
) => Promise<unknown>;

/** Fields that every model has. */
export interface AutomaticValues {
  readonly id: number;
  readonly display_name: string;
  readonly create_uid: Reference | null;
  readonly create_date: Temporal.Instant;
  readonly write_uid: Reference | null;
  readonly write_date: Temporal.Instant;
}

export type FieldName<M extends Model> = (keyof M["fields"] & string) | keyof AutomaticValues;
export type Row<M extends Model, Names extends FieldName<M> = FieldName<M>> = {
  readonly [K in Names | "id"]: K extends keyof AutomaticValues
    ? AutomaticValues[K]
    : K extends keyof M["fields"]
      ? ReadOf<M["fields"][K]>
      : never;
};
/** Values for create and write; what is left out keeps its value or takes its default. */
export type Values<M extends Model> = { readonly [K in keyof M["fields"]]?: WriteOf<M["fields"][K]> };

/** Declares a model. Checks nothing by itself: the registry does, when all apps are known. */
export function defineModel<const Name extends string, const F extends Fields>(
  definition: Model<Name, F> & {
    readonly displayName: keyof NoInfer<F> & string;
    readonly searchFields?: readonly (keyof NoInfer<F> & string)[];
  },
): Model<Name, F> {
  return definition;
}

/** New fields, computes, checks and methods that another app adds to a model. */
export interface ModelExtension {
  readonly model: string;
  readonly fields?: Fields;
  readonly computes?: readonly Compute[];
  readonly checks?: readonly Check[];
  readonly constraints?: readonly SqlConstraint[];
  readonly methods?: Readonly<Record<string, RemoteMethod>>;
}

/** Declares a remote method with its input inferred from the schema. */
export function remoteMethod<S extends z.ZodType>(
  method: Omit<RemoteMethod, "input" | "run"> & {
    readonly input: S;
    run(
      env: Environment,
      ids: readonly number[],
      input: z.output<S>,
      inherited?: Inherited<z.output<S>>,
    ): Promise<unknown>;
  },
): RemoteMethod {
  return method as unknown as RemoteMethod;
}
