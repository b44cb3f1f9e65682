import { gate } from "../access/gate.ts";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";

/** Names of the fields of a model that exist for the actor, in the order of declaration; none without the right to read. */
export function visibleFields(env: Environment, model: Model): ReadonlySet<string> {
  const access = gate(env.registry, env.actor).on(model, "read");
  return access.allowed ? access.fields : new Set();
}
