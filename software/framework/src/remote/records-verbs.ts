import type { Domain, SearchOptions } from "../model/environment.ts";
import { maxRows } from "../model/environment.ts";
import { bad } from "./arguments.ts";
import { remoteRows } from "./remote-rows.ts";
import type { StandardCall } from "./standard-method.ts";
import { visibleFields } from "./visible-fields.ts";

/** Which part of a list. */
export interface Page {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly order?: string | undefined;
  /** What the last record was sorted by, and its id. */
  readonly after?: unknown[] | undefined;
}

/** `search`: ids, in order. */
export async function searchIds(
  { env, model, context }: StandardCall,
  input: Page & { readonly domain: unknown[]; readonly count?: boolean | undefined },
): Promise<unknown> {
  const records = env.of(model);
  const domain = input.domain as Domain;
  if (input.count === true) return records.count(domain, { activeOnly: context.activeTest });
  return records.search(domain, pageOptions(input, context.activeTest));
}

/** `search_read`: rows with the named fields, or all that the caller may see. */
export async function searchReadRecords(
  { env, model, context }: StandardCall,
  input: Page & {
    readonly domain: unknown[];
    readonly fields?: string[] | undefined;
    readonly load?: unknown;
  },
): Promise<unknown> {
  const fields = chosen(env, model, input.fields);
  const rows = await env
    .of(model)
    .searchTexts(input.domain as Domain, fields, pageOptions(input, context.activeTest));
  return remoteRows(rows, styleOf(input.load));
}

/** `read`: rows in the order of the ids. */
export async function readRecords(
  { env, model, ids }: StandardCall,
  input: { readonly fields?: string[] | undefined; readonly load?: unknown },
): Promise<unknown> {
  if (ids.length === 0) return [];
  const rows = await env.of(model).readTexts(ids, chosen(env, model, input.fields));
  return remoteRows(rows, styleOf(input.load));
}

/** `create`: an id for one set of values, ids for a list of them. */
export async function createRecords(
  { env, model }: StandardCall,
  input: { readonly vals_list: Record<string, unknown> | Record<string, unknown>[] },
): Promise<unknown> {
  const several = Array.isArray(input.vals_list);
  const values = several
    ? (input.vals_list as Record<string, unknown>[])
    : [input.vals_list as Record<string, unknown>];
  if (values.length === 0) return [];
  const ids = await env.of(model).create(values);
  return several ? ids : ids[0];
}

/** `write`: true. With `expected`, the values that the caller had read: what changed since is a conflict. */
export async function writeRecords(
  { env, model, ids }: StandardCall,
  input: { readonly vals: Record<string, unknown>; readonly expected?: Record<string, unknown> | undefined },
): Promise<unknown> {
  const { vals, expected } = input;
  if (ids.length > 0) await env.of(model).write(ids, vals, expected === undefined ? {} : { expected });
  return true;
}

/** `unlink`: true. */
export async function unlinkRecords({ env, model, ids }: StandardCall): Promise<unknown> {
  if (ids.length > 0) await env.of(model).unlink(ids);
  return true;
}

/** @throws `bad_request` for a limit beyond what one call gives. */
export function pageOptions({ offset, limit, order, after }: Page, activeOnly: boolean): SearchOptions {
  if (limit !== undefined && limit > maxRows)
    throw bad(
      `The limit is ${limit}: at most ${maxRows} records are given at once. Page with limit and offset or after.`,
    );
  return {
    activeOnly,
    ...(limit ? { limit } : {}),
    ...(offset ? { offset } : {}),
    ...(order ? { order } : {}),
    ...(after ? { after } : {}),
  };
}

function chosen(
  env: StandardCall["env"],
  model: StandardCall["model"],
  fields: string[] | undefined,
): string[] {
  const names = fields === undefined || fields.length === 0 ? [...visibleFields(env, model)] : fields;
  return [...new Set(names)].filter((name) => name !== "id");
}

function styleOf(load: unknown): "named" | "bare" {
  return load === undefined || load === "_classic_read" || load === true ? "named" : "bare";
}
