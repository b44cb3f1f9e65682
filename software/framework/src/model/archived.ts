import { type Condition, every } from "./condition.ts";
import type { Model } from "./model.ts";

/** Adds `active = true` on models whose records can be archived. */
export function withoutArchived(condition: Condition, model: Model): Condition {
  const field = Object.hasOwn(model.fields, "active") ? model.fields["active"] : undefined;
  if (field?.kind !== "boolean") return condition;
  return every([{ kind: "isTrue", at: { model, name: "active", field } }, condition]);
}
