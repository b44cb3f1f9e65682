import type { Environment } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { newId } from "@holdfast/kernel/id";
import { Operation } from "./operation.ts";

/** Work to be written down; control takes it from there. */
export interface NewOperation {
  readonly kind: string;
  readonly label: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly databaseId: number | null;
  readonly customerId: number | null;
}

/** Writes an operation down. @returns its record id. */
export function addOperation(system: Environment, operation: NewOperation): Promise<number> {
  const values = {
    key: newKey(system),
    kind: operation.kind,
    label: operation.label,
    input: operation.input,
    memory: {},
    database_id: operation.databaseId,
    customer_id: operation.customerId,
  };
  return one(system.of(Operation).create([values]));
}

/** A new UUIDv7 of the environment's clock and randomness. */
export function newKey(env: Environment): string {
  return newId(env.clock.now(), env.random.bytes(10));
}

/** The row that must be there. */
export async function one<T>(rows: Promise<readonly T[]>): Promise<T> {
  return present((await rows)[0], "the one row that was asked for");
}
