import type { Environment } from "@holdfast/framework/model/environment";
import type { Model } from "@holdfast/framework/model/model";
import { isStored } from "@holdfast/framework/model/storage";

/** Rows that are in memory at once. */
const pageRows = 2_000;
/** Conditions in one search. */
const maxTerms = 60;
const gone = "[erased]";

export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** Every row that matches, archived ones too, page by page in the order of ids. */
export async function rowsOf(
  env: Environment,
  model: string,
  { domain, fields }: { readonly domain: readonly unknown[]; readonly fields: readonly string[] },
): Promise<Row[]> {
  const all: Row[] = [];
  for (let last = 0; ; ) {
    const page = (await env
      .model(model)
      .searchRead([["id", ">", last], ...domain] as never, ["id", ...fields] as never, {
        order: "id",
        limit: pageRows,
        activeOnly: false,
      })) as unknown as Row[];
    all.push(...page);
    if (page.length < pageRows) return all;
    last = page.at(-1)?.id ?? 0;
  }
}

/** Fields of a model that people's words stand in: stored texts that nothing computes. */
export function textFields(model: Model): string[] {
  const computed = new Set((model.computes ?? []).flatMap(({ fields }) => fields as readonly string[]));
  return Object.entries(model.fields)
    .filter(
      ([name, field]) =>
        (field.kind === "text" || field.kind === "longText" || field.kind === "html") &&
        !computed.has(name) &&
        isStored(field),
    )
    .map(([name]) => name);
}

/** Where words are taken out. */
export interface Scrubbing {
  /** Taken out wherever they stand as words of their own, in any case of letters. */
  readonly needles: readonly string[];
  /** Models that are left alone. */
  readonly except?: readonly string[];
  /** Only these records. */
  readonly only?: readonly { readonly model: string; readonly ids: readonly number[] }[];
  /** Only messages and files of these records. */
  readonly attachedTo?: { readonly model: string; readonly ids: readonly number[] };
}

/**
 * Takes words out of every text of every model, and removes what is kept as data of another system (answers, webhooks,
 * trash) and holds them: nobody could correct a piece of that.
 */
export async function scrubTexts(env: Environment, scrubbing: Scrubbing): Promise<void> {
  const { needles, except = [], only, attachedTo } = scrubbing;
  if (needles.length === 0) return;
  const without = withoutAny(needles);
  for (const model of env.registry.models.values()) {
    const scope = scopeOf(model, only, attachedTo);
    if (scope === undefined || except.includes(model.name)) continue;
    await scrubModel(env, model, { needles, scope, without });
    if (only === undefined && attachedTo === undefined) await dropData(env, model, without);
  }
}

function scopeOf(
  model: Model,
  only: Scrubbing["only"],
  attachedTo: Scrubbing["attachedTo"],
): readonly unknown[] | undefined {
  if (only !== undefined) {
    const ids = only.find((one) => one.model === model.name)?.ids;
    return ids === undefined ? undefined : [["id", "in", ids]];
  }
  if (attachedTo === undefined) return [];
  const naming = ["model", "res_model"].find((name) => model.fields[name] !== undefined);
  if (naming === undefined || model.fields["res_id"] === undefined) return undefined;
  return [
    [naming, "=", attachedTo.model],
    ["res_id", "in", attachedTo.ids],
  ];
}

interface Scrub {
  readonly needles: readonly string[];
  readonly scope: readonly unknown[];
  readonly without: (text: string) => string;
}

async function scrubModel(env: Environment, model: Model, { needles, scope, without }: Scrub): Promise<void> {
  const names = textFields(model);
  if (names.length === 0) return;
  const each = Math.max(1, Math.floor(maxTerms / names.length));
  for (let at = 0; at < needles.length; at += each) {
    const terms = needles
      .slice(at, at + each)
      .flatMap((needle) => names.map((name) => [name, "ilike", needle]));
    const domain = [...scope, ...terms.slice(1).map(() => "|"), ...terms];
    for (const row of await rowsOf(env, model.name, { domain, fields: names })) {
      const changes = names.flatMap((name): (readonly [string, string | null])[] => {
        const text = row[name];
        if (typeof text !== "string") return [];
        const clean = without(text);
        if (clean === text) return [];
        // An address alone leaves nothing behind where that may be; where it must be unlike all others it stays so.
        const field = model.fields[name];
        if (clean === gone && !field?.required) return [[name, null]];
        return [[name, field?.unique ? `${clean} ${row.id}` : clean]];
      });
      if (changes.length > 0)
        await env.model(model.name).write([row.id], Object.fromEntries(changes) as never);
    }
  }
}

async function dropData(env: Environment, model: Model, without: (text: string) => string): Promise<void> {
  const names = Object.keys(model.fields).filter((name) => model.fields[name]?.kind === "json");
  if (names.length === 0 || !model.name.startsWith("hf.")) return;
  const rows = await rowsOf(env, model.name, { domain: [], fields: names });
  const isNaming = (text: string): boolean => without(text) !== text;
  const naming = rows.filter((row) => names.some((name) => textsIn(row[name]).some(isNaming)));
  if (naming.length > 0) await env.model(model.name).unlink(naming.map(({ id }) => id));
}

/** Every text inside of a JSON value, names of its members too. As a whole, signs before a word would be escaped. */
function textsIn(value: unknown): string[] {
  const texts: string[] = [];
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === "string") texts.push(one);
    else if (typeof one === "object" && one !== null)
      for (const [name, member] of Object.entries(one)) {
        texts.push(name);
        left.push(member);
      }
  }
  return texts;
}

/** As words of their own: "Ann Lee" is not taken out of "Joann Leeds". */
function withoutAny(needles: readonly string[]): (text: string) => string {
  const escaped = [...needles]
    .sort((one, other) => other.length - one.length)
    .map((needle) => needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  return (text) => text.replace(pattern, gone);
}
