import { escapePattern } from "../domain-text.ts";
import type { Domain } from "../environment.ts";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { granted } from "./context.ts";
import { searchRead } from "./read.ts";

/** Type-ahead: records whose name, or another search field of the model, has the words in it, as they stand. One statement. */
export async function nameSearch(
  context: Context,
  model: Model,
  { query, domain, limit }: { readonly query: string; readonly domain: Domain; readonly limit: number },
): Promise<{ readonly id: number; readonly displayName: string }[]> {
  const { fields } = granted(context, model, "read");
  const looked = [...new Set([model.displayName, ...(model.searchFields ?? [])])].filter((name) =>
    fields.has(name),
  );
  // Types end where callers' arguments begin: anything but a text is refused where domains are read.
  const asTyped = typeof query === "string" ? escapePattern(query) : query;
  const terms = looked.map((name) => [name, "ilike", asTyped] as const);
  const named: Domain = query === "" ? [] : [...terms.slice(1).map(() => "|"), ...terms];
  const rows = await searchRead(context, model, {
    domain: Array.isArray(domain) ? [...named, ...domain] : domain,
    fields: ["display_name"],
    options: { limit },
  });
  return rows.map((row) => ({
    id: row["id"] as number,
    displayName: (row["display_name"] as string | null) ?? "",
  }));
}
