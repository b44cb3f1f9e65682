import type { Actor } from "../access/actor.ts";
import { gate } from "../access/gate.ts";
import { Actors } from "../identity/actors.ts";
import type { Environment } from "../model/environment.ts";
import type { Model, Row } from "../model/model.ts";
import type { ModelChanges } from "../model/records/changes.ts";
import { remoteRow } from "../remote/remote-value.ts";
import { deliveryModel, webhookModel } from "./models.ts";

/** Most records in one message, and most characters of one. */
export const maxMessageRecords = 100;
export const maxMessageCharacters = 262_144;
/** Most hooks that one change is told to. */
const maxHooks = 100;
const hookFields = ["user_id", "res_model", "on_create", "on_write", "on_unlink", "field_names"] as const;
type Hook = Row<typeof webhookModel, (typeof hookFields)[number]>;
type Kind = "created" | "updated" | "deleted";

/** What a message is made of, and from whose eyes. */
interface Telling {
  readonly system: Environment;
  readonly hook: Hook;
  readonly model: Model;
  readonly owner: Environment;
  /** Fields that the owner may read, and the hook asks for. */
  readonly fields: readonly string[];
}

/** Makes an environment of the same transaction for somebody else. */
export type AsActor = (actor: Actor) => Environment;

/**
 * Writes the messages of a transaction's changes into it, for the hooks that ask: read with the rights of each
 * hook's owner, field by field. Called before the commit, only when a hook asks for one of the models.
 */
export async function recordEvents(
  system: Environment,
  as: AsActor,
  changes: readonly ModelChanges[],
): Promise<void> {
  const hooks = await hooksOf(
    system,
    changes.map(({ model }) => model.name),
  );
  const actors = new Actors();
  for (const hook of hooks) {
    const change = changes.find(({ model }) => model.name === hook.res_model);
    const actor = await actors.find(system, [["id", "=", hook.user_id.id]]);
    if (change === undefined || actor === null) continue;
    await tell(tellingOf(system, as(actor), { hook, model: change.model }), change);
  }
}

/** What is about to be deleted. */
export interface Doomed {
  /** Models of which records may go, that of the named ones first. */
  readonly models: readonly Model[];
  /** @param along - `true`: with all that the database deletes with them. */
  find(along: boolean): Promise<ReadonlyMap<Model, readonly number[]>>;
}

/**
 * Writes down the ids of records that are about to be deleted, for the hooks that ask: only those that a hook's owner
 * sees now, since afterwards nobody can be asked. A deletion that fails takes the messages with it. What the database
 * deletes by itself (lines of an order) is told of like what was named.
 */
export async function recordDeletion(
  system: Environment,
  as: AsActor,
  { models, find }: Doomed,
): Promise<void> {
  const hooks = (
    await hooksOf(
      system,
      models.map(({ name }) => name),
    )
  ).filter((hook) => hook.on_unlink);
  if (hooks.length === 0) return;
  const doomed = await find(hooks.some((hook) => hook.res_model !== models[0]?.name));
  const actors = new Actors();
  for (const hook of hooks) {
    const model = system.registry.model(hook.res_model);
    const actor = await actors.find(system, [["id", "=", hook.user_id.id]]);
    if (actor === null) continue;
    const telling = tellingOf(system, as(actor), { hook, model });
    for (const part of parts(await visibleTo(telling, doomed.get(model) ?? [])))
      await write(
        telling,
        "deleted",
        part.map((id) => ({ id })),
      );
  }
}

function hooksOf(system: Environment, models: readonly string[]): Promise<Hook[]> {
  return system.of(webhookModel).searchRead(
    [
      ["state", "=", "on"],
      ["res_model", "in", [...new Set(models)]],
    ],
    hookFields,
    { limit: maxHooks, order: "id" },
  );
}

function tellingOf(
  system: Environment,
  owner: Environment,
  { hook, model }: { readonly hook: Hook; readonly model: Model },
): Telling {
  const access = gate(owner.registry, owner.actor).on(model, "read");
  const asked = hook.field_names?.split(/\s+/).filter((name) => name !== "");
  const readable = access.allowed ? [...access.fields].filter((name) => tellable(owner, model, name)) : [];
  const fields =
    asked === undefined || asked.length === 0 ? readable : readable.filter((name) => asked.includes(name));
  return { system, hook, model, owner, fields };
}

/** Secrets are no one's to read, the owner's neither. */
function tellable(owner: Environment, model: Model, name: string): boolean {
  const field = owner.registry.field(model, name);
  return field !== undefined && field.secret !== true;
}

async function tell(telling: Telling, change: ModelChanges): Promise<void> {
  const { hook, fields } = telling;
  if (hook.on_create) await tellOf(telling, "created", change.created);
  if (!hook.on_write) return;
  const seen = new Set(fields);
  const changed = new Map(
    [...change.written]
      .map(([id, names]) => [id, [...names].filter((name) => seen.has(name))] as const)
      // That something happened to a field that the owner may not see is nothing to tell.
      .filter(([, names]) => names.length > 0),
  );
  await tellOf(telling, "updated", changed.keys(), changed);
}

async function tellOf(
  telling: Telling,
  kind: Kind,
  ids: Iterable<number>,
  changed?: ReadonlyMap<number, readonly string[]>,
): Promise<void> {
  const { owner, model, fields } = telling;
  for (const part of parts(await visibleTo(telling, [...ids]))) {
    const rows = await owner.of(model).read(part, fields as never[]);
    await write(
      telling,
      kind,
      rows.map((row) => ({
        id: row.id,
        values: remoteRow(owner.registry, model, row),
        ...(changed === undefined ? {} : { changed: changed.get(row.id) }),
      })),
    );
  }
}

async function visibleTo({ owner, model }: Telling, ids: readonly number[]): Promise<number[]> {
  if (!gate(owner.registry, owner.actor).on(model, "read").allowed) return [];
  const visible: number[] = [];
  for (const part of parts(ids, maxAsked)) visible.push(...(await owner.of(model).exists(part)));
  return visible;
}

const maxAsked = 10_000;

function parts(ids: readonly number[], size = maxMessageRecords): number[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, at) =>
    ids.slice(at * size, (at + 1) * size),
  );
}

async function write(
  { system, hook, model }: Telling,
  kind: Kind,
  records: readonly { readonly id: number; readonly values?: unknown }[],
): Promise<void> {
  const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
  const event = `${model.name}.${kind}`;
  const body = (told: unknown, more = {}) => ({
    type: event,
    timestamp: now.toString(),
    data: { model: model.name, records: told, ...more },
  });
  const whole = body(records);
  const fits = JSON.stringify(whole).length <= maxMessageCharacters;
  await system.of(deliveryModel).create([
    {
      hook_id: hook.id,
      event,
      message_id: `msg_${Buffer.from(system.random.bytes(18)).toString("base64url")}`,
      // What is too large to be pushed can be fetched.
      body: fits
        ? whole
        : body(
            records.map(({ id }) => ({ id })),
            { truncated: true },
          ),
      next_attempt: now,
    },
  ]);
}
