import { type Condition, never } from "../model/condition.ts";
import type { DomainScope } from "../model/domain.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { Actor } from "./actor.ts";
import type { AccessOperation } from "./policy.ts";

/** What an actor may do with one model. */
export type Access =
  | { readonly allowed: false; readonly reason: string }
  | {
      readonly allowed: true;
      /** What each record must meet, the actor's values already in it; null: every record. */
      readonly rule: Condition | null;
      /** Fields that exist for this actor: all others are absent in every channel. */
      readonly fields: ReadonlySet<string>;
    };

/** All that one actor may do, compiled once per registry and set of groups. Cheap to ask again. */
export interface Gate {
  on(model: Model, operation: AccessOperation): Access;
  /** What the actor's domains may speak of. */
  readonly scope: DomainScope;
  /** The rule of reading, for models that a domain traverses; `never` where reading is denied. */
  ruleOf(model: Model): Condition | null;
}

export function gate(_registry: Registry, _actor: Actor): Gate {
  throw new Error(`not yet ${never.kind}`);
}
