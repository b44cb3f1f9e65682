import { ExpectedError } from "@holdfast/kernel/errors";
import type { Model } from "./model.ts";
import { nearest } from "./nearest.ts";

/** Most bounds of a domain; beyond them it is refused before it costs anything. */
export const domainLimits = {
  /** Items of a list, operators included. */
  items: 1_000,
  /** Alternating levels of and, or, not. */
  depth: 32,
  /** Steps of one dotted path. */
  pathSteps: 8,
  /** Subdomains of `any` within one another. */
  nesting: 8,
  /** Relations followed by the whole domain. */
  traversals: 64,
  /** Values of one list. */
  listValues: 10_000,
  /** Bytes of one text. */
  textBytes: 65_536,
} as const;

/** What a reader of domains carries along: where it is, and what the whole domain may still spend. */
export interface Place {
  readonly path: string;
  readonly nesting: number;
  readonly spent: { traversals: number };
}

/** A domain that cannot be read. The message names the place; user text is quoted and cut. */
export function domainFault(place: Place, problem: string, hint?: string): ExpectedError {
  return new ExpectedError("invalid", `${place.path}: ${problem}`, hint === undefined ? {} : { hint });
}

/** The one answer for a field that is not there and for one that this actor may not read. */
export function unknownField(
  place: Place,
  model: Model,
  name: string,
  readable: Iterable<string>,
): ExpectedError {
  const near = nearest(name, readable);
  const hint = near === undefined ? undefined : `did you mean "${near}"?`;
  return domainFault(place, `${model.label} has no field ${quote(name)} to filter by`, hint);
}

/** Outside text as a message may show it. */
export function quote(text: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return JSON.stringify(shown.toWellFormed());
}
