import type { Condition } from "./condition.ts";
import type { Model } from "./model.ts";
import type { Registry } from "./registry.ts";

/** What a domain may speak of: a gate's `scope` for callers, all fields for code in a system scope. */
export interface DomainScope {
  readonly registry: Registry;
  /** Names of the fields that may be read on a model; empty when the model itself may not be read. */
  readable(model: Model): ReadonlySet<string>;
}

/**
 * Reads a domain as the remote API writes it.
 *
 * @param input - anything at all, as it came from outside.
 * @throws `invalid`, naming the place; a field that may not be read is answered as one that is not there.
 */
export function parseDomain(_input: unknown, _model: Model, _scope: DomainScope): Condition {
  throw new Error("not yet");
}
