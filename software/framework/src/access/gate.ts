import { automaticFields } from "../model/automatic.ts";
import { bindActor, type Condition, every, never, type Readable } from "../model/condition.ts";
import type { DomainScope } from "../model/domain-reader.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import type { Actor } from "./actor.ts";
import { type CompiledAccess, compiledAccess } from "./compiled-access.ts";
import { toldFields } from "./derived-fields.ts";
import { beyondScope } from "./key-scope.ts";
import type { RightOperation } from "./policy.ts";

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

/** All that one actor may do. */
export interface Gate {
  on(model: Model, operation: RightOperation): Access;
  /** What the actor's domains may speak of. */
  readonly scope: DomainScope;
  /** The rule of reading, for models that a domain traverses; `never` where reading is denied. */
  ruleOf(model: Model): Condition | null;
  /**
   * What rights, rules and fields were compiled into: another object as soon as any of them could differ. Whoever
   * keeps something that depends on them keeps it by this and the actor.
   */
  readonly madeFrom: object;
}

/**
 * The one gate that every read and write passes. Source: claim OWASP-5.
 *
 * Default deny: what no right of the actor's groups grants is refused. Global rules must all hold; of the
 * rules of groups that the actor holds, one. A system actor passes everywhere.
 *
 * Rights and rules are compiled once per registry and set of groups; the actor's own values are bound once
 * per model and operation of this gate. Make one per request.
 */
export function gate(registry: Registry, actor: Actor): Gate {
  const compiled = actor.kind === "system" ? undefined : compiledAccess(registry, actor);
  const known = new Map<string, Access>();
  const readable = readableOf(registry, compiled);
  const on = (model: Model, operation: RightOperation): Access => {
    const key = `${operation} ${model.name}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const access =
      compiled === undefined
        ? everything(model)
        : bound(compiled, model, operation, { actor, readable, registry });
    known.set(key, access);
    return access;
  };
  const scope: DomainScope = { registry, readable: (model) => fieldsOf(on(model, "read")) };
  return { on, scope, ruleOf: (model) => ruleOf(on(model, "read")), madeFrom: compiled ?? registry };
}

const none: ReadonlySet<string> = new Set();

function fieldsOf(access: Access): ReadonlySet<string> {
  return access.allowed ? access.fields : none;
}

function ruleOf(access: Access): Condition | null {
  return access.allowed ? access.rule : never;
}

function bound(
  compiled: CompiledAccess,
  model: Model,
  operation: RightOperation,
  {
    actor,
    readable,
    registry,
  }: { readonly actor: Actor; readonly readable: Readable; readonly registry: Registry },
): Access {
  const beyond = beyondScope(actor.scope, model, operation);
  if (beyond !== undefined) return { allowed: false, reason: beyond };
  const { granted, rules, fields: ofGroups } = compiled.on(model, operation);
  if (!granted) return { allowed: false, reason: `no group of yours may ${operation} ${model.label}` };
  const fields = toldFields(
    registry,
    model,
    ofGroups,
    (target) => beyondScope(actor.scope, target, "read") === undefined,
  );
  if (rules === null) return { allowed: true, rule: null, fields };
  const rule = bindActor(every(rules), actor, readable);
  return { allowed: true, rule: rule.kind === "constant" && rule.value ? null : rule, fields };
}

/** A rule with an actor's values in it. */
export function boundRule(registry: Registry, actor: Actor, rule: Condition): Condition {
  return bindActor(rule, actor, readableOf(registry, compiledAccess(registry, actor)));
}

/** Names of what may be read at all, for the models that describe the models. */
function readableOf(registry: Registry, compiled: CompiledAccess | undefined): Readable {
  const models = () =>
    [...registry.models.values()].filter((model) => compiled?.on(model, "read").granted === true);
  return {
    models: () => models().map((model) => model.name),
    fields: () =>
      models().flatMap((model) =>
        [...(compiled?.on(model, "read").fields ?? [])].map((name) => `${model.name}.${name}`),
      ),
  };
}

const allFields = new WeakMap<Model, ReadonlySet<string>>();

function everything(model: Model): Access {
  let fields = allFields.get(model);
  if (fields === undefined) {
    fields = new Set([...Object.keys(automaticFields), ...Object.keys(model.fields)]);
    allFields.set(model, fields);
  }
  return { allowed: true, rule: null, fields };
}
