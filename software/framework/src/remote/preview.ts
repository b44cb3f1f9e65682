import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { readIds } from "./arguments.ts";
import { remoteRow } from "./remote-value.ts";
import type { OwnTransactions } from "./standard-method.ts";

/** What a form asks: the record, its unsaved values, and what to show of it and its lines. */
export interface PreviewInput {
  readonly ids?: unknown;
  readonly values: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
  /** Fields of the records in a collection, by the collection's name. */
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

/** Ends the transaction that was only tried. */
class OnlyShown extends Error {
  readonly shown: unknown;

  constructor(shown: unknown) {
    super("a change was only shown");
    this.shown = shown;
  }
}

/**
 * `preview`: what the record would be if this were saved, computed values and all; it is saved and taken back,
 * with the caller's own rights, so that the screen and the database never count differently.
 *
 * @returns `{ record, lines }`; the numbers of new records and lines mean nothing afterwards.
 */
export async function preview(
  { data, actor, model }: OwnTransactions,
  input: PreviewInput,
): Promise<unknown> {
  try {
    return await data.writing(actor, async (env) => {
      throw new OnlyShown(await shown(env, model, input));
    });
  } catch (error) {
    if (error instanceof OnlyShown) return error.shown;
    throw error;
  }
}

async function shown(env: Environment, model: Model, input: PreviewInput) {
  const [known] = readIds(input.ids ?? []);
  const id = known ?? (await env.of(model).create([input.values]))[0];
  if (known !== undefined) await env.of(model).write([known], input.values);
  const collections = Object.keys(input.lines);
  const wanted = [...new Set([...input.fields, ...collections])].filter((name) => name !== "id");
  const [record] = await env.of(model).read([id as number], wanted as never[]);
  const lines: Record<string, unknown> = {};
  for (const name of collections)
    lines[name] = await linesOf(env, model, {
      name,
      record: record as never,
      fields: input.lines[name] ?? [],
    });
  return { record: remoteRow(env.registry, model, record as never), lines };
}

async function linesOf(
  env: Environment,
  model: Model,
  {
    name,
    record,
    fields,
  }: {
    readonly name: string;
    readonly record: Readonly<Record<string, unknown>>;
    readonly fields: readonly string[];
  },
): Promise<unknown> {
  const target = env.registry.model(env.registry.field(model, name)?.target ?? "");
  const ids = record[name] as readonly number[];
  if (ids.length === 0) return [];
  const rows = await env.of(target).read(ids, fields.filter((field) => field !== "id") as never[]);
  return rows.map((row) => remoteRow(env.registry, target, row));
}
