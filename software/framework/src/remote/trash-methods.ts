import { z } from "zod";
import type { Domain, Environment } from "../model/environment.ts";
import type { TrashEntry } from "../model/trash/as-if.ts";
import { maxTrashPage } from "../model/trash/read-trash.ts";
import { domainArgument, fieldNames } from "./arguments.ts";
import { remoteRows } from "./remote-rows.ts";
import type { StandardCall } from "./standard-method.ts";
import { visibleFields } from "./visible-fields.ts";

const users = "res.users";
const given = (schema: z.ZodType<number>) =>
  z.preprocess((value) => (value === false || value === null ? undefined : value), schema.optional());

/** Arguments of `trash_read`. */
export const trashReadInput = z.strictObject({
  domain: domainArgument,
  fields: fieldNames,
  limit: given(z.int().min(1).max(maxTrashPage)),
  after: given(z.int().min(1).max(2_147_483_647)),
});

/** Arguments of `trash_restore`. */
export const trashRestoreInput = z.strictObject({ leave_out: z.boolean().optional() });

/**
 * `trash_read`: deleted records as they were, last deleted first, each with `trash`: when and by whom it was deleted,
 * until when it is kept, how many records went with it. `next` is the `after` of the next page, or false.
 */
export async function trashRead(
  { env, model }: StandardCall,
  input: z.output<typeof trashReadInput>,
): Promise<unknown> {
  const { limit, after } = input as { readonly limit?: number; readonly after?: number };
  const fields = input.fields?.filter((name) => name !== "id") ?? ["display_name"];
  const page = await env.of(model).trashed.search({
    domain: input.domain as Domain,
    fields: [...new Set(fields)],
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
  });
  const names = await namesOf(env, page.entries);
  const records = remoteRows(page.rows, "named").map((row, at) => {
    const { deletedAt, expiresAt, takes, deletedBy } = page.entries[at] as TrashEntry;
    const name = names.get(deletedBy ?? 0);
    const by = name === undefined ? false : [deletedBy, name];
    return { ...row, trash: { deleted_at: deletedAt, kept_until: expiresAt, takes, deleted_by: by } };
  });
  return { records, next: page.next ?? false };
}

/** `trash_restore`: `left_out` says, in sentences, what did not come back as it was. */
export async function trashRestore(
  { env, model, ids }: StandardCall,
  { leave_out = false }: z.output<typeof trashRestoreInput>,
): Promise<unknown> {
  const { leftOut } = await env.of(model).trashed.restore(ids, { leaveOut: leave_out });
  return { left_out: leftOut };
}

/** `trash_delete`: for good. */
export async function trashDelete({ env, model, ids }: StandardCall): Promise<unknown> {
  await env.of(model).trashed.remove(ids);
  return true;
}

/** Of those who deleted, the ones that the caller may see. */
async function namesOf(
  env: Environment,
  entries: readonly TrashEntry[],
): Promise<ReadonlyMap<number, string>> {
  const ids = [...new Set(entries.flatMap(({ deletedBy }) => deletedBy ?? []))];
  const people = env.registry.models.get(users);
  if (ids.length === 0 || people === undefined || visibleFields(env, people).size === 0) return new Map();
  const rows = await env.of(people).searchRead([["id", "in", ids]], ["display_name"], { activeOnly: false });
  return new Map(rows.map((row) => [row.id, row.display_name]));
}
