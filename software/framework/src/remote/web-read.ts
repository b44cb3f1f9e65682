import type { Domain } from "../model/environment.ts";
import { nestedRows } from "../model/records/nested-rows.ts";
import type { NestedTexts } from "../model/selection.ts";
import { type Page, pageOptions } from "./records-verbs.ts";
import { writeText } from "./remote-rows.ts";
import type { StandardCall } from "./standard-method.ts";

type Specification = Readonly<Record<string, unknown>>;

/** `web_read`: records with those behind their relations, as the specification chooses. One statement. */
export async function webRead(
  { env, model, ids }: StandardCall,
  { specification }: { readonly specification: Specification },
): Promise<unknown> {
  if (ids.length === 0) return [];
  return rows(await env.of(model).readNestedTexts(ids, specification));
}

/**
 * `web_search_read`: the same of records that match, with how many match in all. One statement, and one more that
 * counts where the page is full and ends before what was asked to be counted.
 */
export async function webSearchRead(
  { env, model, context }: StandardCall,
  input: Page & {
    readonly domain: unknown[];
    readonly specification: Specification;
    readonly count_limit?: number | undefined;
  },
): Promise<unknown> {
  const domain = input.domain as Domain;
  const options = pageOptions(input, context.activeTest);
  const { limit, offset = 0 } = options;
  const records = rows(await env.of(model).searchNestedTexts(domain, input.specification, options));
  const seen = offset + records.length;
  const most = input.count_limit || undefined;
  const all = options.after === undefined && (records.length > 0 || offset === 0) && records.length !== limit;
  if (all || (options.after === undefined && most !== undefined && most <= seen))
    return { length: seen, records };
  const counted = { activeOnly: context.activeTest, ...(most && { limit: most }) };
  return { length: await env.of(model).count(domain, counted), records };
}

function rows(texts: NestedTexts): Record<string, unknown>[] {
  return nestedRows(texts, { unset: false, write: writeText });
}
