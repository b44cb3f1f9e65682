import { actorKey } from "../../access/actor-key.ts";
import { keyOfGate } from "../../access/kept-gate.ts";
import type { Context } from "./context.ts";

/** Statements kept by one process, of all tenants together: some 10 KB each. */
export const maxKeptStatements = 2_000;
/** A longer question is put together anew each time. */
const maxKeyCharacters = 2_000;

const kept = new Map<string, unknown>();
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/**
 * What was made for the same question of the same actor, or makes it.
 *
 * The key holds all that a statement depends on: what rights and rules were compiled from (another registry,
 * other rules: another object), every property of the actor, and the whole question with its values. Nothing
 * that a database answered is ever kept. A question that is not plain data is not kept.
 *
 * @param make - pure: depends on nothing but the context's gate and the question. What it throws is not kept.
 */
export function keptStatement<T>(context: Context, question: readonly unknown[], make: () => T): T {
  const asked = plainKey(question);
  if (asked === undefined) return make();
  const key = `${numberOf(context.gate.madeFrom)} ${keyOfGate(context.gate) ?? actorKey(context.actor)} ${asked}`;
  const found = kept.get(key) as T | undefined;
  if (found !== undefined) {
    // The one asked for longest ago stands first, and is the first to go.
    kept.delete(key);
    kept.set(key, found);
    return found;
  }
  const made = make();
  if (kept.size >= maxKeptStatements) kept.delete(kept.keys().next().value as string);
  kept.set(key, made);
  return made;
}

function numberOf(object: object): number {
  let number = numbers.get(object);
  if (number === undefined) numbers.set(object, (number = ++lastNumber));
  return number;
}

/** Plain data as a text, kinds told apart; undefined for anything else, and for what is too long to be worth it. */
export function plainKey(value: unknown): string | undefined {
  const parts: string[] = [];
  let left = maxKeyCharacters;
  const write = (one: unknown): boolean => {
    const part = scalarKey(one);
    if (part !== undefined) {
      left -= part.length + 1;
      parts.push(part);
      return left > 0;
    }
    if (!Array.isArray(one) || one.length > left) return false;
    parts.push("[");
    for (const item of one) if (!write(item)) return false;
    parts.push("]");
    left -= 2;
    return left > 0;
  };
  return write(value) ? parts.join(" ") : undefined;
}

function scalarKey(value: unknown): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? `${value}` : undefined;
  return value === null || value === undefined || typeof value === "boolean" ? String(value) : undefined;
}
