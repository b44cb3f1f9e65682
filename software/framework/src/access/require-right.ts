import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { gate } from "./gate.ts";
import type { RightOperation } from "./policy.ts";

/** For what is no statement of its own: exports and imports. @throws `access_denied` without the right. */
export function requireRight(
  env: Pick<Environment, "registry" | "actor">,
  model: Model,
  operation: RightOperation,
): void {
  if (gate(env.registry, env.actor).on(model, operation).allowed) return;
  throw new ExpectedError("access_denied", `You may not ${operation} records of "${model.label}".`, {
    hint: "Ask an administrator for the right.",
  });
}
