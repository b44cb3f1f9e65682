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

function plainText(value: unknown): string {
  if (value instanceof Set) return `{${[...value].map(plainText).sort().join()}}`;
  if (Array.isArray(value)) return `[${value.map(plainText).join()}]`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `(${entries
    .map(([name, one]) => `${name}:${plainText(one)}`)
    .sort()
    .join()})`;
}
