import type { Group } from "../access/policy.ts";
import type { App } from "../modules/app.ts";
import type { Field } from "./field.ts";
import type { Model } from "./model.ts";

/** All models of a set of apps, extensions merged, relations checked. Immutable; shared by tenants. */
export interface Registry {
  readonly apps: readonly App[];
  readonly models: ReadonlyMap<string, Model>;
  readonly groups: ReadonlyMap<string, Group>;
  /** Unknown is `not_found` with the nearest known name as hint. */
  model(name: string): Model;
  /** Declared or automatic field (`id`, `display_name`, …); undefined when there is none. */
  field(model: Model, name: string): Field | undefined;
  /** Digest of everything that shapes the schema; kept in the database. */
  readonly schemaDigest: string;
}
