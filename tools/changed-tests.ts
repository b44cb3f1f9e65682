import { execFileSync } from "node:child_process";
import { importEdges } from "./import-graph.ts";
import { readSourceTree } from "./source-tree.ts";

/**
 * The tests that reach a file which changed since main, the uncommitted ones included.
 *
 * @returns paths of tests from the root; undefined when the change touches what every test stands on
 * (the lockfile, the compiler's settings) or git cannot tell: then all must run.
 */
export function changedTests(root: string): ReadonlySet<string> | undefined {
  const changed = changedFiles(root);
  if (!changed || changed.some((path) => /^(?:package(?:-lock)?|tsconfig)\.json$/.test(path)))
    return undefined;
  const tree = readSourceTree(root);
  const sources = new Set(tree.files.map((file) => file.path));
  const folders = changed.filter((path) => !sources.has(path)).map((path) => path.split("/", 2).join("/"));
  const reached = new Set([
    ...changed.filter((path) => sources.has(path)),
    // What is not code (a template, a package.json) counts as a change of its whole workspace.
    ...tree.files
      .map((file) => file.path)
      .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`))),
  ]);
  const edges = importEdges(tree);
  for (let size = -1; size < reached.size; ) {
    size = reached.size;
    for (const { from, target } of edges) {
      if (target.kind === "ours" && reached.has(target.path)) reached.add(from.path);
    }
  }
  return new Set([...reached].filter((path) => /\.test\.ts$/.test(path)));
}

function changedFiles(root: string): string[] | undefined {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const base = git("merge-base", "HEAD", "main");
    const tracked = git("diff", "--name-only", base);
    const untracked = git("ls-files", "--others", "--exclude-standard");
    return `${tracked}\n${untracked}`.split("\n").filter((line) => line !== "");
  } catch {
    return undefined;
  }
}
