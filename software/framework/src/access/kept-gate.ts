import type { Registry } from "../model/registry.ts";
import type { Actor } from "./actor.ts";
import { actorKey } from "./actor-key.ts";
import { compiledAccess } from "./compiled-access.ts";
import { type Gate, gate } from "./gate.ts";

/** Actors whose gates are kept for one set of rights and rules; the one not asked for longest goes first. */
const maxGates = 256;

const gates = new WeakMap<object, Map<string, Gate>>();
const keys = new WeakMap<Gate, string>();

/**
 * The gate of an actor, kept from request to request: by what rights and rules were compiled into, which is another
 * object as soon as any of them could differ, and by every property of the actor. It holds nothing that a database
 * answered.
 */
export function keptGate(registry: Registry, actor: Actor): Gate {
  if (actor.kind === "system") return gate(registry, actor);
  const owner = compiledAccess(registry, actor);
  let known = gates.get(owner);
  if (known === undefined) gates.set(owner, (known = new Map()));
  const key = actorKey(actor);
  let found = known.get(key);
  if (found !== undefined) known.delete(key);
  else {
    if (known.size >= maxGates) known.delete(known.keys().next().value as string);
    const { standing: _ofOneRequest, ...lasting } = actor;
    found = gate(registry, lasting);
    keys.set(found, key);
  }
  known.set(key, found);
  return found;
}

/** The key of the actor that a gate was made for: see {@link actorKey}. */
export function keyOfGate(made: Gate): string | undefined {
  return keys.get(made);
}
