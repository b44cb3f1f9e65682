import type { Domain } from "../model/environment.ts";
import { bad } from "./arguments.ts";
import type { StandardCall } from "./standard-method.ts";

const defaultMatches = 100;
const mostMatches = 1_000;

/** `name_search`: `[id, name]` of records whose name, or another telling field, matches. */
export async function nameSearch(
  { env, model }: StandardCall,
  input: {
    readonly name?: string | undefined;
    readonly domain: unknown[];
    readonly args?: unknown[] | undefined;
    readonly operator?: string | undefined;
    readonly limit?: number | undefined;
  },
): Promise<unknown> {
  const domain = (input.args?.length ? input.args : input.domain) as Domain;
  const limit = Math.min(input.limit || defaultMatches, mostMatches);
  const { name = "", operator = "ilike" } = input;
  if (operator === "ilike" || name === "") return pairs(await env.of(model).nameSearch(name, domain, limit));
  const rows = await env
    .of(model)
    .searchRead(
      [...(domain.length > 0 ? ["&", ...anded(domain)] : []), ["display_name", operator, name]],
      ["display_name"],
      {
        limit,
      },
    );
  return rows.map((row) => [row.id, row.display_name]);
}

/** `name_create`: a record with nothing but its name. @returns `[id, name]`. */
export async function nameCreate(
  { env, model }: StandardCall,
  input: { readonly name: string },
): Promise<unknown> {
  const field = Object.hasOwn(model.fields, "name") ? "name" : model.displayName;
  if (input.name.trim() === "") throw bad('The argument "name" is empty.');
  const [id] = await env.of(model).create([{ [field]: input.name.trim() }]);
  const [row] = await env.of(model).read([id as number], ["display_name"]);
  return [row?.id, row?.display_name];
}

function pairs(found: readonly { readonly id: number; readonly displayName: string }[]): [number, string][] {
  return found.map(({ id, displayName }) => [id, displayName]);
}

/** A domain as one term: its parts joined by their implied `&`. */
function anded(domain: Domain): Domain {
  let open = 0;
  let terms = 0;
  for (const part of domain) {
    if (part === "&" || part === "|") open += 1;
    else if (part !== "!") terms += 1;
  }
  return [...Array.from({ length: Math.max(0, terms - open - 1) }, () => "&"), ...domain];
}
