import { z } from "zod";
import type { Actor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import type { CallContext } from "./call.ts";

/** What a standard method works with. */
export interface StandardCall {
  readonly env: Environment;
  readonly model: Model;
  readonly context: CallContext;
  /** Of methods on records; empty for the others. */
  readonly ids: readonly number[];
  /** The caller named one record by its bare id, not a list. */
  readonly single: boolean;
}

/** A method that every model has. Parameters in the established order: the schema's keys. */
export interface StandardMethod {
  readonly on: "records" | "model";
  readonly effect: "read" | "write";
  readonly input: z.ZodObject;
  /** It is one verb, and nothing after it; see {@link WritingOptions}. */
  readonly oneVerb?: true;
  /** Of which models it is one; of all when absent. On the others it does not exist. */
  readonly only?: (model: Model) => boolean;
  run(call: StandardCall, input: never): Promise<unknown>;
}

/** What a method works with that opens transactions of its own, and answers also when it took them back. */
export interface OwnTransactions {
  readonly data: DataSource;
  readonly actor: Actor;
  readonly model: Model;
}

/** Such a method. */
export interface OwnMethod {
  readonly on: "model";
  readonly effect: "own";
  readonly input: z.ZodObject;
  run(call: OwnTransactions, input: never): Promise<unknown>;
}

/** @param shape - of its arguments by name, in the established order; there are no others. */
export function standard<S extends z.ZodRawShape>(
  on: StandardMethod["on"],
  effect: StandardMethod["effect"],
  shape: S,
  run: (call: StandardCall, input: z.output<z.ZodObject<S>>) => Promise<unknown>,
): StandardMethod {
  return { on, effect, input: z.strictObject(shape), run: run as StandardMethod["run"] };
}

/** The same for {@link OwnMethod}s. */
export function own<S extends z.ZodRawShape>(
  shape: S,
  run: (call: OwnTransactions, input: z.output<z.ZodObject<S>>) => Promise<unknown>,
): OwnMethod {
  return { on: "model", effect: "own", input: z.strictObject(shape), run: run as OwnMethod["run"] };
}
