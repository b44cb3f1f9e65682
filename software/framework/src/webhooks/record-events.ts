import type { Actor } from "../access/actor.ts";
import { gate } from "../access/gate.ts";
import { Actors } from "../identity/actors.ts";
import type { Environment } from "../model/environment.ts";
import type { Model, Row, Values } from "../model/model.ts";
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

/** What messages are made of, and from whose eyes: hooks of one owner that ask for the same are told the same. */
interface Telling {
  readonly system: Environment;
  readonly hooks: readonly Hook[];
  readonly model: Model;
  readonly owner: Environment;
  /** Fields that the owner may read, and the hooks ask for. */
  readonly fields: readonly string[];
}

/** A message that is to be stored. */
type Message = Values<typeof deliveryModel>;

/** Makes an environment of the same transaction for somebody else. */
export type AsActor = (actor: Actor) => Environment;

/**
 * Writes the messages of a transaction's changes into it, for the hooks that ask: read with the rights of each
 * hook's owner, field by field. Called before the commit, only when a hook asks for one of the models. Statements
 * grow with the owners, each of whose rights are asked apart, and not with their hooks.
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
  const messages: Message[] = [];
  for (const telling of await tellings(system, as, hooks)) {
    const change = changes.find(({ model }) => model.name === telling.model.name);
    if (change !== undefined) messages.push(...(await told(telling, change)));
  }
  await store(system, messages);
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
  const messages: Message[] = [];
  for (const telling of await tellings(system, as, hooks))
    for (const part of parts(await visibleTo(telling, doomed.get(telling.model) ?? [])))
      messages.push(
        ...messagesOf(telling, "deleted", {
          hooks: telling.hooks,
          records: part.map((id) => ({ id })),
        }),
      );
  await store(system, messages);
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

/** Hooks whose owners may still sign in; what they are made of is read once for all. */
async function tellings(system: Environment, as: AsActor, hooks: readonly Hook[]): Promise<Telling[]> {
  const userIds = [...new Set(hooks.map(({ user_id }) => user_id.id))];
  const found = await new Actors().findAll(system, [["id", "in", userIds]], userIds.length);
  const actors = new Map(found.map((actor) => [actor.userId, actor]));
  const alike = ({ user_id, res_model, field_names }: Hook) =>
    JSON.stringify([user_id.id, res_model, field_names]);
  return [...Map.groupBy(hooks, alike).values()].flatMap((same) => {
    const [{ user_id, res_model, field_names }] = same as [Hook];
    const actor = actors.get(user_id.id);
    if (actor === undefined) return [];
    const [owner, model] = [as(actor), system.registry.model(res_model)];
    return [{ system, hooks: same, model, owner, fields: fieldsFor(owner, model, field_names) }];
  });
}

function fieldsFor(owner: Environment, model: Model, names: string | null): readonly string[] {
  const access = gate(owner.registry, owner.actor).on(model, "read");
  const asked = names?.split(/\s+/).filter((name) => name !== "");
  const readable = access.allowed ? [...access.fields].filter((name) => tellable(owner, model, name)) : [];
  return asked === undefined || asked.length === 0
    ? readable
    : readable.filter((name) => asked.includes(name));
}

/** Secrets are no one's to read, the owner's neither. */
function tellable(owner: Environment, model: Model, name: string): boolean {
  const field = owner.registry.field(model, name);
  return field !== undefined && field.secret !== true;
}

async function told(telling: Telling, change: ModelChanges): Promise<Message[]> {
  const { hooks, fields } = telling;
  const created = hooks.filter((hook) => hook.on_create);
  const messages = await toldOf(telling, "created", { hooks: created, ids: change.created });
  const seen = new Set(fields);
  const changed = new Map(
    [...change.written]
      .map(([id, names]) => [id, [...names].filter((name) => seen.has(name))] as const)
      // That something happened to a field that the owner may not see is nothing to tell.
      .filter(([, names]) => names.length > 0),
  );
  const written = { hooks: hooks.filter((hook) => hook.on_write), ids: changed.keys(), changed };
  return [...messages, ...(await toldOf(telling, "updated", written))];
}

async function toldOf(
  telling: Telling,
  kind: Kind,
  what: {
    readonly hooks: readonly Hook[];
    readonly ids: Iterable<number>;
    readonly changed?: ReadonlyMap<number, readonly string[]>;
  },
): Promise<Message[]> {
  const { owner, model, fields } = telling;
  const { hooks, changed } = what;
  const messages: Message[] = [];
  if (hooks.length === 0) return messages;
  for (const part of parts(await visibleTo(telling, [...what.ids]))) {
    const rows = await owner.of(model).read(part, fields as never[]);
    const records = rows.map((row) => ({
      id: row.id,
      values: remoteRow(owner.registry, model, row),
      ...(changed === undefined ? {} : { changed: changed.get(row.id) }),
    }));
    messages.push(...messagesOf(telling, kind, { hooks, records }));
  }
  return messages;
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

function messagesOf(
  { system, model }: Telling,
  kind: Kind,
  {
    hooks,
    records,
  }: {
    readonly hooks: readonly Hook[];
    readonly records: readonly { readonly id: number; readonly values?: unknown }[];
  },
): Message[] {
  const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
  const event = `${model.name}.${kind}`;
  const body = (shown: unknown, more = {}) => ({
    type: event,
    timestamp: now.toString(),
    data: { model: model.name, records: shown, ...more },
  });
  const whole = body(records);
  const fits = JSON.stringify(whole).length <= maxMessageCharacters;
  // What is too large to be pushed can be fetched.
  const ids = records.map(({ id }) => ({ id }));
  return hooks.map((hook) => ({
    hook_id: hook.id,
    event,
    message_id: `msg_${Buffer.from(system.random.bytes(18)).toString("base64url")}`,
    body: fits ? whole : body(ids, { truncated: true }),
    next_attempt: now,
  }));
}

/** In parts: a change of many records may be told to many. */
async function store(system: Environment, messages: readonly Message[]): Promise<void> {
  for (let at = 0; at < messages.length; at += maxMessageRecords)
    await system.of(deliveryModel).create(messages.slice(at, at + maxMessageRecords));
}
