import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { findReferences } from "./find-references.ts";
import type { ReadRow } from "./read-rows.ts";

/** How often rows may wait for others of the same file: a company, its branch, the people there. */
const maxWaves = 20;
const externalModel = "ir.model.data";

/**
 * Writes rows in one transaction: known records are changed, new ones created all at once; rows that refer to
 * others of the file come after those.
 *
 * @param options.part - the rows are a part that is only tried: what others of the file bring may be missing.
 * @returns ids in the order of the rows.
 */
export async function writeRows(
  env: Environment,
  model: Model,
  rows: readonly ReadRow[],
  options: { readonly part?: boolean } = {},
): Promise<number[]> {
  const ids = new Map<number, number>();
  let open = rows;
  for (let wave = 0; open.length > 0 && wave < maxWaves; wave++) {
    const names = new Set(open.flatMap((row) => nameOf(model, row)));
    const ready = open.filter(
      (row) => wave === maxWaves - 1 || ![...row.waitsFor.values()].some((name) => names.has(name)),
    );
    const now = ready.length > 0 ? ready : open;
    await writeWave(env, model, { rows: await withReferences(env, model, now, options.part ?? false), ids });
    open = open.filter((row) => !now.includes(row));
  }
  return rows.flatMap((row) => ids.get(row.row) ?? []);
}

function nameOf(model: Model, row: ReadRow): string[] {
  const name = row.values["name"] ?? row.values[model.displayName];
  return typeof name === "string" ? [name] : [];
}

/** Those that they waited for are there now, unless their own row was refused. */
async function withReferences(
  env: Environment,
  model: Model,
  rows: readonly ReadRow[],
  part: boolean,
): Promise<readonly ReadRow[]> {
  const cells = rows.flatMap((row) => [...row.waitsFor.values()]);
  if (cells.length === 0) return rows;
  const found = await findReferences(env, model, { by: "name", cells });
  return rows.map((row) => {
    const values = { ...row.values };
    for (const [field, name] of row.waitsFor) {
      const one = found.get(name);
      if (one !== undefined && "id" in one) values[field] = one.id;
      else if (!part)
        throw new ExpectedError("invalid", one?.fault ?? `There is nothing called "${name.slice(0, 60)}".`);
    }
    return { ...row, values };
  });
}

async function writeWave(
  env: Environment,
  model: Model,
  { rows, ids }: { readonly rows: readonly ReadRow[]; readonly ids: Map<number, number> },
): Promise<void> {
  const fresh = rows.filter((row) => row.id === undefined);
  const created = fresh.length === 0 ? [] : await env.of(model).create(fresh.map((row) => row.values));
  for (const [at, row] of fresh.entries()) ids.set(row.row, created[at] as number);
  for (const row of rows) {
    if (row.id === undefined) continue;
    await env.of(model).write([row.id], row.values);
    ids.set(row.row, row.id);
  }
  await nameExternally(env, model, { fresh, ids });
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
