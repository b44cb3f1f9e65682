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
  const last = lastOf.get(actor.groups);
  if (last?.owner === owner && sameButForRequest(last.actor, actor)) return last.gate;
  const { standing: _ofOneRequest, ...lasting } = actor;
  const found = byKey(owner, registry, lasting);
  lastOf.set(actor.groups, { owner, actor: lasting, gate: found });
  return found;
}

/** Whoever asks again brings the same set of groups, the object itself: then no key needs to be made. */
const lastOf = new WeakMap<object, { readonly owner: object; readonly actor: Actor; readonly gate: Gate }>();
const ofOneRequest: ReadonlySet<string> = new Set(["standing", "reason"]);

function sameButForRequest(one: Actor, other: Actor): boolean {
  return holdsAllOf(one, other) && holdsAllOf(other, one);
}

function holdsAllOf(one: Actor, other: Actor): boolean {
  for (const name of Object.keys(other) as (keyof Actor)[])
    if (one[name] !== other[name] && !ofOneRequest.has(name)) return false;
  return true;
}

function byKey(owner: object, registry: Registry, actor: Actor): Gate {
  let known = gates.get(owner);
  if (known === undefined) gates.set(owner, (known = new Map()));
  const key = actorKey(actor);
  let found = known.get(key);
  if (found !== undefined) known.delete(key);
  else {
    if (known.size >= maxGates) known.delete(known.keys().next().value as string);
    found = gate(registry, actor);
    keys.set(found, key);
  }
  known.set(key, found);
  return found;
}

/** The key of the actor that a gate was made for: see {@link actorKey}. */
export function keyOfGate(made: Gate): string | undefined {
  return keys.get(made);
}
