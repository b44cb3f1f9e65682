import type { Actor } from "../access/actor.ts";
import { gate } from "../access/gate.ts";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";

/** A message as {@link recordEvents} wrote it. */
interface Message {
  readonly data: {
    readonly model: string;
    readonly records: readonly ToldRecord[];
  };
}

interface ToldRecord {
  readonly id: number;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly changed?: readonly string[];
}

/**
 * What of a message its owner may still be told when it is sent, which may be hours after it was written: records
 * that they may read now, and of these the fields that they may read now.
 *
 * Of a record that is gone no rule can be asked any more: it is told as it was written, as far as model and fields go.
 *
 * @returns null when nothing is left.
 */
export async function stillTold(
  system: Environment,
  owner: { readonly env: Environment; readonly actor: Actor },
  body: unknown,
): Promise<unknown> {
  const message = body as Message;
  const model = system.registry.models.get(message.data.model);
  const access = model === undefined ? undefined : gate(system.registry, owner.actor).on(model, "read");
  if (model === undefined || access?.allowed !== true) return null;
  const ids = message.data.records.map(({ id }) => id);
  const hidden = await hiddenFrom(system, owner.env, model, ids);
  const records = message.data.records
    .filter(({ id }) => !hidden.has(id))
    .map((record) => narrowed(record, access.fields));
  return records.length === 0 ? null : { ...message, data: { ...message.data, records } };
}

async function hiddenFrom(
  system: Environment,
  owner: Environment,
  model: Model,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  const visible = new Set(await owner.of(model).exists(ids));
  const asked = ids.filter((id) => !visible.has(id));
  return new Set(asked.length === 0 ? [] : await system.of(model).exists(asked));
}

function narrowed({ values, changed, ...record }: ToldRecord, fields: ReadonlySet<string>): ToldRecord {
  const told = Object.entries(values ?? {}).filter(([name]) => fields.has(name));
  return {
    ...record,
    ...(values === undefined ? {} : { values: Object.fromEntries(told) }),
    ...(changed === undefined ? {} : { changed: changed.filter((name) => fields.has(name)) }),
  };
}
