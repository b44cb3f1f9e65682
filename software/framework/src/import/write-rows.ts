import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import type { ReadRow } from "./read-rows.ts";

const externalModel = "ir.model.data";

/**
 * Writes rows, in as many statements for many as for one: known records are changed, new ones created.
 *
 * @returns ids in the order of the rows.
 */
export async function writeRows(
  env: Environment,
  model: Model,
  rows: readonly ReadRow[],
): Promise<readonly number[]> {
  const ids = new Map<number, number>();
  const fresh = rows.filter((row) => row.id === undefined);
  const created = fresh.length === 0 ? [] : await env.of(model).create(fresh.map((row) => row.values));
  for (const [at, row] of fresh.entries()) ids.set(row.row, created[at] as number);
  for (const group of onceEach(rows)) await env.of(model).writeEach(group);
  for (const { row, id } of rows) if (id !== undefined) ids.set(row, id);
  await nameExternally(env, model, { fresh, ids });
  return rows.map((row) => ids.get(row.row) as number);
}

/** A record that the file names twice is changed twice, in the file's order. */
function onceEach(rows: readonly ReadRow[]) {
  const groups: Map<number, { readonly id: number; readonly values: ReadRow["values"] }>[] = [];
  for (const { id, values } of rows) {
    if (id === undefined) continue;
    const free = groups.find((group) => !group.has(id));
    if (free === undefined) groups.push(new Map([[id, { id, values }]]));
    else free.set(id, { id, values });
  }
  return groups.map((group) => [...group.values()]);
}

async function nameExternally(
  env: Environment,
  model: Model,
  { fresh, ids }: { readonly fresh: readonly ReadRow[]; readonly ids: ReadonlyMap<number, number> },
): Promise<void> {
  const named = fresh.flatMap((row) => {
    if (row.externalId === undefined) return [];
    const dot = row.externalId.indexOf(".");
    const [module, name] = [row.externalId.slice(0, dot), row.externalId.slice(dot + 1)];
    return [{ complete_name: row.externalId, module, name, model: model.name, res_id: ids.get(row.row) }];
  });
  if (named.length === 0) return;
  await env.system("remember what an import calls its records", (system) =>
    system.model(externalModel).create(named as never[]),
  );
}
