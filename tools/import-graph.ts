import { posix } from "node:path";
import type { SourceFile, SourceTree, Workspace } from "./source-tree.ts";

/** One import of one file, with what it leads to. */
export interface Edge {
  readonly from: SourceFile;
  /** As written; undefined when computed. */
  readonly specifier: string | undefined;
  readonly line: number;
  readonly typeOnly: boolean;
  readonly target: Target;
}

/** Where an import leads. */
export type Target =
  | { readonly kind: "ours"; readonly path: string; readonly workspace: Workspace | undefined }
  | { readonly kind: "node"; readonly module: string }
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "computed" }
  | { readonly kind: "missing"; readonly specifier: string };

/** Resolves every import of a tree: relative ones by path, ours by the `exports` of their package. */
export function importEdges(tree: SourceTree): Edge[] {
  const known = new Set(tree.files.map((file) => file.path));
  return tree.files.flatMap((from) =>
    from.imports.map(({ specifier, line, typeOnly }) => {
      const target = specifier === undefined ? { kind: "computed" as const } : resolve(from, specifier);
      return { from, specifier, line, typeOnly, target };
    }),
  );

  function resolve(from: SourceFile, specifier: string): Target {
    if (specifier.startsWith("node:")) return { kind: "node", module: specifier };
    if (specifier.startsWith(".")) {
      const path = posix.join(posix.dirname(from.path), specifier.replace(/\?.*$/, ""));
      const isAsset = !/\.[cm]?[jt]sx?$/.test(path);
      return known.has(path) || isAsset ? ours(path) : { kind: "missing", specifier };
    }
    return resolvePackage(specifier);
  }

  function resolvePackage(specifier: string): Target {
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    const workspace = tree.workspaces.find((one) => one.name === name);
    if (!workspace) return { kind: "package", name };
    const file = workspace.exports[`.${specifier.slice(name.length)}`];
    const path = file && posix.join(workspace.folder, file);
    return path && known.has(path) ? ours(path) : { kind: "missing", specifier };
  }

  function ours(path: string): Target {
    return { kind: "ours", path, workspace: workspaceOf(tree, path) };
  }
}

/** @returns the workspace that a path lies in, if any. */
export function workspaceOf(tree: SourceTree, path: string): Workspace | undefined {
  return tree.workspaces.find((workspace) => path.startsWith(`${workspace.folder}/`));
}

/**
 * The import cycles that exist at run time: types are gone by then, and so are their cycles.
 *
 * @returns each set of files that reach one another, alphabetically. Source: Tarjan 1972.
 */
export function runtimeCycles(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, typeOnly, target } of edges) {
    if (typeOnly || target.kind !== "ours") continue;
    next.set(from.path, [...(next.get(from.path) ?? []), target.path]);
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  for (const path of next.keys()) if (!order.has(path)) visit(path);
  return cycles;

  function visit(path: string): void {
    order.set(path, order.size);
    lowest.set(path, order.get(path) as number);
    stack.push(path);
    for (const target of next.get(path) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) {
        lowest.set(path, Math.min(lowest.get(path) as number, lowest.get(target) as number));
      }
    }
    if (lowest.get(path) === order.get(path)) {
      const knot = stack.splice(stack.indexOf(path));
      if (knot.length > 1 || (next.get(path) ?? []).includes(path)) cycles.push(knot.sort());
    }
  }
}
