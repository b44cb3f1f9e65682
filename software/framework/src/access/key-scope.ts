import type { Model } from "../model/model.ts";
import type { RightOperation } from "./policy.ts";

/** What an API key narrows its user's rights to. It can only take away. */
export interface KeyScope {
  /** Nothing may be changed with it, whatever its user may. */
  readonly readOnly: boolean;
  /** Names of the only models that exist for it; null: all that its user may use. */
  readonly models: ReadonlySet<string> | null;
}

/** Works on with its owner's rights: a key that reaches some models would reach all by it. */
const teller = "hf.webhook";

/** @returns why a key does not reach this far; undefined when it does, or when there is no key. */
export function beyondScope(
  scope: KeyScope | undefined,
  model: Pick<Model, "name" | "label">,
  operation: RightOperation,
): string | undefined {
  if (scope === undefined) return undefined;
  if (scope.models !== null && !scope.models.has(model.name))
    return `the API key does not reach ${model.label}`;
  if (scope.models !== null && model.name === teller && operation !== "read" && operation !== "export")
    return "a webhook tells all that its owner may read, and the API key reaches less";
  return scope.readOnly && operation !== "read" && operation !== "export"
    ? "the API key may only read"
    : undefined;
}
