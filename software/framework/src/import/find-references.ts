import { gate } from "../access/gate.ts";
import type { Domain, Environment } from "../model/environment.ts";
import { foldText } from "../model/fold.ts";
import type { Model } from "../model/model.ts";
import type { ReferenceBy } from "./import-column.ts";

/** What a name in a cell stands for. */
export type Found = { readonly id: number } | { readonly fault: string };

const namesPerQuery = 500;
/** Names that one import looks for one by one, ignoring case and accents, after the exact search left them over. */
export const maxLooseSearches = 200;
const externalModel = "ir.model.data";

/**
 * Finds the records that cells name, with the actor's own rights: a hidden record is like a missing one. One
 * query for every 500 names; two for external identifiers.
 */
export async function findReferences(
  env: Environment,
  target: Model,
  { by, cells, budget, below }: Wanted,
): Promise<Map<string, Found>> {
  const wanted = [...new Set(cells)].filter((cell) => cell !== "");
  if (wanted.length === 0) return new Map();
  if (by === "id") return byId(env, target, wanted);
  return by === "external"
    ? byExternalId(env, target, { wanted, below })
    : byName(env, target, { wanted, below, budget });
}

interface Wanted {
  readonly by: ReferenceBy;
  readonly cells: Iterable<string>;
  /** What is left of {@link maxLooseSearches}. */
  readonly budget: LooseBudget;
  /** Only records with a lower number: those that were there before the import. Absent: all. */
  readonly below?: number | undefined;
}

export interface LooseBudget {
  left: number;
}

type Names = Pick<Wanted, "below"> & { readonly wanted: readonly string[] };

async function byId(env: Environment, target: Model, wanted: readonly string[]): Promise<Map<string, Found>> {
  const ids = wanted.filter((cell) => /^\d{1,9}$/.test(cell)).map(Number);
  const there = new Set(await env.of(target).exists(ids));
  return new Map(
    wanted.map((cell) => [cell, there.has(Number(cell)) ? { id: Number(cell) } : missing(target, cell)]),
  );
}

/** External identifiers are read above the actor's rights; the records that they name are not. */
async function byExternalId(
  env: Environment,
  target: Model,
  { wanted, below }: Names,
): Promise<Map<string, Found>> {
  const named = await externalIds(env, target, { wanted, below });
  const readable = new Set(await env.of(target).exists([...new Set([...named.values()].flat())]));
  return new Map(
    wanted.map((cell) => {
      const id = named.get(cell)?.find((one) => readable.has(one));
      return [cell, id === undefined ? missing(target, cell) : { id }];
    }),
  );
}

/**
 * Records by external identifier, `module.name`; without a module `__import__` is meant. Several may have one:
 * whoever does not see another's record may use its identifier, and so learns nothing of it.
 */
async function externalIds(
  env: Environment,
  target: Model,
  { wanted, below }: Names,
): Promise<Map<string, number[]>> {
  if (!env.registry.models.has(externalModel) || wanted.length === 0) return new Map();
  const full = new Map(wanted.map((name) => [fullExternalName(name), name]));
  const rows = await env.system("find records by the identifiers that imports gave them", (system) =>
    system
      .model(externalModel)
      .searchRead(
        [
          ["complete_name", "in", [...full.keys()]],
          ["model", "=", target.name],
          ...(below === undefined ? [] : [["res_id", "<", below] as const]),
        ],
        ["complete_name", "res_id"] as never[],
        { order: "id" },
      ),
  );
  const found = rows as unknown as readonly { readonly complete_name: string; readonly res_id: number }[];
  const byName = Map.groupBy(found, (row) => full.get(row.complete_name) ?? row.complete_name);
  return new Map([...byName].map(([name, own]) => [name, own.map((row) => row.res_id)]));
}

/** An identifier with its source: what has none comes from an import. */
export function fullExternalName(name: string): string {
  return name.includes(".") ? name : `__import__.${name}`;
}

async function byName(
  env: Environment,
  target: Model,
  { wanted, below, budget }: Names & Pick<Wanted, "budget">,
): Promise<Map<string, Found>> {
  const search: Search = { found: new Map(), fields: telling(env, target), below };
  if (search.fields.length === 0) return new Map(wanted.map((name) => [name, missing(target, name)]));
  for (let at = 0; at < wanted.length; at += namesPerQuery)
    await exactNames(env, target, { ...search, names: wanted.slice(at, at + namesPerQuery) });
  const left = wanted.filter((name) => !search.found.has(name)).slice(0, budget.left);
  budget.left -= left.length;
  for (const name of left) await looseName(env, target, { ...search, name });
  return new Map(wanted.map((name) => [name, oneOf(target, name, search.found.get(name))]));
}

interface Search extends Pick<Wanted, "below"> {
  readonly found: Map<string, Set<number>>;
  /** Text fields that name a record. */
  readonly fields: readonly string[];
}

function domainOf({ fields, below }: Search, operator: string, value: unknown): Domain {
  const terms = fields.map((field) => [field, operator, value] as const);
  const named: Domain = [...terms.slice(1).map(() => "|"), ...terms];
  return below === undefined ? named : ["&", ["id", "<", below], ...named];
}

async function exactNames(
  env: Environment,
  target: Model,
  search: Search & { readonly names: readonly string[] },
): Promise<void> {
  const { names, found, fields } = search;
  const rows = (await env
    .of(target)
    .searchRead(domainOf(search, "in", names), fields as never[])) as unknown as readonly Readonly<
    Record<string, unknown>
  >[];
  for (const name of names) {
    const field = fields.find((one) => rows.some((row) => row[one] === name));
    const hits = field === undefined ? [] : rows.filter((row) => row[field] === name);
    if (hits.length > 0) found.set(name, new Set(hits.map((row) => row["id"] as number)));
  }
}

/** One name without regard to case and accents. Wildcards in it are taken as they stand. */
async function looseName(
  env: Environment,
  target: Model,
  search: Search & { readonly name: string },
): Promise<void> {
  const { name, found, fields } = search;
  const pattern = name.replace(/[\\%_]/g, "\\$&");
  const rows = (await env.of(target).searchRead(domainOf(search, "=ilike", pattern), fields as never[], {
    limit: 20,
  })) as unknown as readonly Readonly<Record<string, unknown>>[];
  const wanted = foldText(name);
  const field = fields.find((one) => rows.some((row) => foldText(String(row[one] ?? "")) === wanted));
  const hits = rows.filter((row) => field !== undefined && foldText(String(row[field] ?? "")) === wanted);
  if (hits.length > 0) found.set(name, new Set(hits.map((row) => row["id"] as number)));
}

/**
 * The display name first, then the short name, then the model's own search fields: a country's code, a contact's reference.
 * What the actor may not read finds nothing, and is not named by a refusal either.
 */
function telling(env: Environment, target: Model): string[] {
  const short = Object.hasOwn(target.fields, "name") ? ["name"] : [];
  const texts = (target.searchFields ?? []).filter((name) => target.fields[name]?.kind === "text");
  const access = gate(env.registry, env.actor).on(target, "read");
  const named = [...new Set([target.displayName, ...short, ...texts])];
  return access.allowed ? named.filter((name) => access.fields.has(name)) : named;
}

function oneOf(target: Model, name: string, ids: ReadonlySet<number> | undefined): Found {
  if (ids === undefined) return missing(target, name);
  const [id] = ids;
  if (id !== undefined && ids.size === 1) return { id };
  return {
    fault: `${ids.size} records of "${target.label}" are called "${shown(name)}": name one by its number.`,
  };
}

function missing(target: Model, name: string): Found {
  return { fault: `There is no "${target.label}" called "${shown(name)}".` };
}

function shown(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 60);
}
