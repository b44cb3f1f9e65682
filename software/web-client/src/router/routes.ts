/** What an address shows. */
export type Route =
  | { readonly screen: "home" }
  | { readonly screen: "list"; readonly model: string }
  | { readonly screen: "trash"; readonly model: string }
  | { readonly screen: "form"; readonly model: string; readonly id: number | null }
  | { readonly screen: "unknown" };

const modelName = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;

/** Reads `/web`, `/web/<model>`, `/web/<model>/<id>`, `/web/<model>/new` and `/web/<model>/trash`. */
export function readRoute(path: string): Route {
  const [root, model, record, ...rest] = path.split("/").filter(Boolean);
  if (root !== "web" || rest.length > 0) return { screen: "unknown" };
  if (model === undefined) return { screen: "home" };
  if (!modelName.test(model)) return { screen: "unknown" };
  if (record === undefined) return { screen: "list", model };
  if (record === "trash") return { screen: "trash", model };
  if (record === "new") return { screen: "form", model, id: null };
  return /^[1-9]\d{0,9}$/.test(record)
    ? { screen: "form", model, id: Number(record) }
    : { screen: "unknown" };
}

export function listUrl(model: string, query = ""): string {
  return `/web/${model}${query}`;
}

export function trashUrl(model: string): string {
  return `/web/${model}/trash`;
}

export function recordUrl(model: string, id: number | "new"): string {
  return `/web/${model}/${id}`;
}
