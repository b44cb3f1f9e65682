import type { Actor } from "./actor.ts";

/**
 * All that sets one actor apart from another, as a text: equal texts, equal rights, equal answers. Whatever an
 * actor is given in future is part of it without anybody's doing; only the reason of a system scope, which is
 * for the log, and the signal that ends one request are left out. What an administrator added stands in it by
 * its version.
 */
export function actorKey(actor: Actor): string {
  const { reason: _forTheLog, standing: _ofOneRequest, added, ...rest } = actor;
  return plainText(added === undefined ? rest : { ...rest, added: added.version });
}

/** Sets of an actor are made once and handed on from request to request; nobody changes them. */
const textsOfSets = new WeakMap<object, string>();

function plainText(value: unknown): string {
  if (value instanceof Set) {
    let text = textsOfSets.get(value);
    if (text === undefined) textsOfSets.set(value, (text = `{${[...value].map(plainText).sort().join()}}`));
    return text;
  }
  if (Array.isArray(value)) return `[${value.map(plainText).join()}]`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries: string[] = [];
  for (const name of Object.keys(value)) {
    const one = (value as Readonly<Record<string, unknown>>)[name];
    if (one !== undefined) entries.push(`${name}:${plainText(one)}`);
  }
  return `(${entries.sort().join()})`;
}
