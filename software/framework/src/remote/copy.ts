import type { StandardCall } from "./standard-method.ts";

/** `copy`: each record again, with its lines. @returns an id for one id, ids for a list. */
export async function copyRecords(
  { env, model, ids, single }: StandardCall,
  input: { readonly default?: Record<string, unknown> | null | false | undefined },
): Promise<unknown> {
  const copies = await env.of(model).copyEach(ids, input.default || {});
  return single ? copies[0] : copies;
}
