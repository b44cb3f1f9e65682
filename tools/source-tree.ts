import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Comment, type Program, parseSync } from "oxc-parser";

/** The folders that hold our sources; everything else in the checkout is text, data or made. */
export const sourceRoots = ["software", "apps", "platform", "claims", "tools", "tests", "bench"] as const;

const skippedFolders = new Set(["node_modules", "dist", "var", "artefacts"]);
const isSource = /\.(?:ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;

/** One import, export-from, `import()` or import type, as written. */
export interface Import {
  /** What is named; undefined when it is computed at run time. */
  readonly specifier: string | undefined;
  /** Gone before the program runs: makes no cycle, but still is knowledge of the other file. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** A file of ours, parsed once for every rule. */
export interface SourceFile {
  /** From the root of the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** A workspace's package.json, as far as the rules read it. */
export interface Workspace {
  readonly folder: string;
  readonly name: string;
  /** "./id" → "./src/id.ts". */
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
}

/** Everything that the rules look at. */
export interface SourceTree {
  readonly root: string;
  readonly files: readonly SourceFile[];
  readonly workspaces: readonly Workspace[];
  readonly rootDependencies: ReadonlySet<string>;
}

/**
 * Reads and parses every source file below a root.
 *
 * @throws Error when a file cannot be parsed, or when fewer files were seen than a second, independent
 * count finds on disk: a checker that silently reads nothing is worse than none.
 */
export function readSourceTree(root: string): SourceTree {
  const paths = sourceRoots.flatMap((folder) => sourcePaths(root, folder)).sort();
  const onDisk = countOnDisk(root);
  if (paths.length !== onDisk) throw new Error(`saw ${paths.length} source files, ${onDisk} are on disk`);
  const files = paths.map((path) => readSource(root, path));
  return { root, files, workspaces: readWorkspaces(root), rootDependencies: dependenciesOf(root, "") };
}

function sourcePaths(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : sourcePaths(root, path);
    return isSource.test(entry.name) ? [path] : [];
  });
}

function countOnDisk(root: string): number {
  const pattern = `{${sourceRoots.join(",")}}/**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}`;
  const found = globSync(pattern, { cwd: root, exclude: ["**/node_modules/**"] });
  return found.filter((path) => !path.split("/").some((part) => skippedFolders.has(part))).length;
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const parsed = parseSync(path, text);
  const broken = parsed.errors[0];
  if (broken) throw new Error(`cannot parse "${path}": ${broken.message}`);
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports: Import[] = [
    ...parsed.module.staticImports.map((found) => ({
      specifier: found.moduleRequest.value,
      typeOnly: found.entries.length > 0 && found.entries.every((entry) => entry.isType),
      line: lineAt(found.start),
    })),
    ...parsed.module.staticExports.flatMap((found) =>
      found.entries.flatMap((entry) =>
        entry.moduleRequest
          ? [{ specifier: entry.moduleRequest.value, typeOnly: entry.isType, line: lineAt(found.start) }]
          : [],
      ),
    ),
    ...nestedImports(parsed.program).map(({ offset, ...found }) => ({ ...found, line: lineAt(offset) })),
  ];
  return { path, text, imports, program: parsed.program, comments: parsed.comments };
}

interface NestedImport {
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  readonly offset: number;
}

function nestedImports(program: Program): NestedImport[] {
  const found: NestedImport[] = [];
  walk(program, (node) => {
    if (node.type === "ImportExpression") {
      found.push({ specifier: literal(node["source"]), typeOnly: false, offset: node.start });
    } else if (node.type === "TSImportType") {
      found.push({ specifier: literal(node["source"]), typeOnly: true, offset: node.start });
    } else if (node.type === "CallExpression" && isNamed(node["callee"], "require")) {
      const [first] = node["arguments"] as unknown[];
      found.push({ specifier: literal(first), typeOnly: false, offset: node.start });
    }
  });
  return found;
}

/** A node of the syntax tree whose kind is not known yet. */
export interface AnyNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Visits every node below and including this one, parents first. */
export function walk(node: unknown, visit: (node: AnyNode) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit);
  } else if (isNode(node)) {
    visit(node);
    for (const value of Object.values(node)) if (typeof value === "object") walk(value, visit);
  }
}

/** @returns whether this is a node of a syntax tree. */
export function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** @returns the text of a string literal, or undefined for anything else. */
export function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "TSLiteralType") return literal(node["literal"]);
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && node["name"] === name;
}

function readWorkspaces(root: string): Workspace[] {
  const { workspaces } = readJson<{ workspaces: string[] }>(join(root, "package.json"));
  const folders = workspaces.flatMap((pattern) => globSync(pattern, { cwd: root }));
  return folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => {
      const declared = readJson<{ name: string; exports?: Record<string, string> }>(
        join(root, folder, "package.json"),
      );
      const dependencies = dependenciesOf(root, folder);
      return { folder, name: declared.name, exports: declared.exports ?? {}, dependencies };
    });
}

function dependenciesOf(root: string, folder: string): ReadonlySet<string> {
  const declared = readJson<Record<string, Record<string, string>>>(join(root, folder, "package.json"));
  const sections = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  return new Set(sections.flatMap((section) => Object.keys(declared[section] ?? {})));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
