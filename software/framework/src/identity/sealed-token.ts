import type { Random } from "@holdfast/kernel/random";
import { openSecret, sealSecret } from "./secret-box.ts";

/**
 * A value that travels through a browser and back, unread and unchanged: the half of a sign-in between two steps.
 *
 * @param purpose - one per kind of token; a token of one kind is nothing to another.
 */
export function sealToken(
  key: Uint8Array,
  value: Readonly<Record<string, unknown>>,
  given: {
    readonly purpose: string;
    readonly nowMs: number;
    readonly lifeSeconds: number;
    readonly random: Random;
  },
): string {
  const text = JSON.stringify({ ...value, until: given.nowMs + given.lifeSeconds * 1_000 });
  return sealSecret(key, text, { purpose: `token ${given.purpose}`, random: given.random });
}

/** @returns what was sealed, or undefined when it is not ours, was changed, or its time is over. */
export function openToken(
  key: Uint8Array,
  token: string | undefined,
  given: { readonly purpose: string; readonly nowMs: number },
): Readonly<Record<string, unknown>> | undefined {
  const text = token === undefined ? undefined : openSecret(key, token, `token ${given.purpose}`);
  if (text === undefined) return undefined;
  const value = JSON.parse(text) as Record<string, unknown>;
  return Number(value["until"]) > given.nowMs ? value : undefined;
}
