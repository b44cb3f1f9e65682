/**
 * What no linter knows of the house style, as a check. Run it: `node tools/tidy.ts`. What breaks a rule
 * is mended, or listed with its reason in exceptions.json, whose counts may only shrink.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docstringFindings } from "./docstrings.ts";
import { differences, type Exception, type Finding, readExceptions } from "./exceptions.ts";
import { isNode, readSourceTree, type SourceFile, type SourceTree, walk } from "./source-tree.ts";
import { scopeProblems } from "./system-scopes.ts";

/** Lines: above the first a file is mentioned, above the second it is refused. */
export const fileLength = { soft: 150, hard: 400 } as const;

const bannedNames: Readonly<Record<string, string>> = {
  utils: "name it for what it does",
  util: "name it for what it does",
  helpers: "put each helper below what it helps, in that file",
  helper: "put each helper below what it helps, in that file",
  common: "name what the parts have in common",
  manager: "name the verb: one file per verb",
  misc: "name it for what it does",
  data: "name what the data are",
  info: "name what it tells",
};

// Put together from pieces, so that this file does not find itself.
const leftover = new RegExp(
  `\\b(?:${["TO", "FIX"].map((start, at) => start + ["DO", "ME"][at]).join("|")}|X{3})\\b`,
  "g",
);
const machinePath = /(?:^|[\s"'`(=:])\/(?:work|root|home|Users)\/[\w.-]+/g;

/** A document in capitals is one of the whole repository, or of whoever wrote this. */
const namedDocument = /\b(?:[\w-]+\/)*[A-Z][A-Z-]+\.md\b/g;

type FileRule = (file: SourceFile) => Finding | undefined;

const fileRules: readonly FileRule[] = [bannedName, tooLong, defaultExport, enumeration, barrel, rawMark];

/** Every place of a tree that breaks a rule of the style, exceptions not yet subtracted. */
export function tidyFindings(tree: SourceTree): Finding[] {
  return [
    ...tree.files.flatMap((file) => fileRules.flatMap((rule) => rule(file) ?? [])),
    ...textFindings(tree.root),
    ...exportsMapFindings(tree),
    ...docstringFindings(tree),
    ...claimFindings(tree),
  ];
}

/** Names of all rules of this file. */
export const tidyRuleNames: ReadonlySet<string> = new Set([
  "banned-name",
  "file-length",
  "default-export",
  "enum",
  "barrel",
  "raw-mark",
  "leftover",
  "machine-path",
  "dangling-document",
  "exports-name-files",
  "docstring",
  "claim-is-proven",
]);

/** @returns a sentence for each problem of style; empty when all is well. */
export function tidyProblems(tree: SourceTree, exceptions: readonly Exception[]): string[] {
  const accepted = exceptions.filter((exception) => tidyRuleNames.has(exception.rule));
  return [...differences(tidyFindings(tree), accepted), ...scopeProblems(tree)];
}

function bannedName({ path }: SourceFile): Finding | undefined {
  const names = path.split("/").map((part) => part.replace(/\..*$/, ""));
  const words = names.flatMap((name) => [name, name.split("-").at(-1) ?? ""]);
  // A compound such as "demo-data" says what the data are; "data" and "info" are banned alone only.
  const banned = words.find(
    (word, at) => Object.hasOwn(bannedNames, word) && (at % 2 === 0 || !/^(?:data|info)$/.test(word)),
  );
  if (!banned) return undefined;
  return { rule: "banned-name", path, count: 1, message: `"${banned}" says nothing; ${bannedNames[banned]}` };
}

function tooLong({ path, text }: SourceFile): Finding | undefined {
  const lines = text.split("\n").length - 1;
  if (lines <= fileLength.hard) return undefined;
  const message = `has ${lines} lines, at most ${fileLength.hard} are allowed; aim at ${fileLength.soft}: one idea a file`;
  return { rule: "file-length", path, count: lines, message };
}

function defaultExport({ path, program }: SourceFile): Finding | undefined {
  const count = program.body.filter((node) => node.type === "ExportDefaultDeclaration").length;
  return count > 0 ? { rule: "default-export", path, count, message: "export it by its name" } : undefined;
}

function enumeration({ path, program }: SourceFile): Finding | undefined {
  const count = nodesOf(program, (node) => node.type === "TSEnumDeclaration");
  const message = "is not erasable; use a union of literals";
  return count > 0 ? { rule: "enum", path, count, message } : undefined;
}

function barrel({ path, program }: SourceFile): Finding | undefined {
  const count = program.body.filter((node) => node.type === "ExportAllDeclaration").length;
  const message = "`export *` hides what is public; name each file in the package's exports";
  return count > 0 ? { rule: "barrel", path, count, message } : undefined;
}

/** Each `raw(…)` and raw`…` is HTML or SQL that nothing escapes. */
function rawMark({ path, program }: SourceFile): Finding | undefined {
  if (/\.test\.[jt]sx?$/.test(path)) return undefined;
  const isRaw = (callee: unknown) =>
    isNode(callee) &&
    ((callee.type === "Identifier" && callee["name"] === "raw") ||
      (callee.type === "MemberExpression" &&
        isNode(callee["property"]) &&
        callee["property"]["name"] === "raw"));
  const count = nodesOf(
    program,
    (node) =>
      (node.type === "CallExpression" && isRaw(node["callee"])) ||
      (node.type === "TaggedTemplateExpression" &&
        isRaw(node["tag"]) &&
        // String.raw keeps backslashes and escapes nothing that anyone trusts.
        !(
          isNode(node["tag"]) &&
          isNode(node["tag"]["object"]) &&
          node["tag"]["object"]["name"] === "String"
        )),
  );
  const message = `${count} raw marks: nothing escapes what they let through`;
  return count > 0 ? { rule: "raw-mark", path, count, message } : undefined;
}

function nodesOf(
  program: unknown,
  wanted: (node: Parameters<Parameters<typeof walk>[1]>[0]) => boolean,
): number {
  let count = 0;
  walk(program, (node) => {
    if (wanted(node)) count += 1;
  });
  return count;
}

/** Rules for every text of the repository, not only for sources. */
function textFindings(root: string): Finding[] {
  const paths = trackedTexts(root);
  const documents = paths.filter((path) => path.endsWith(".md"));
  return paths.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const counted = (rule: string, count: number, message: string): Finding[] =>
      count > 0 ? [{ rule, path, count, message: `${count} ${message}` }] : [];
    const machine = path.endsWith("tidy.test.ts") ? 0 : (text.match(machinePath)?.length ?? 0);
    const unknown = (text.match(namedDocument) ?? []).filter(
      (name) => !documents.some((one) => `/${one}`.endsWith(`/${name}`)),
    );
    return [
      ...counted(
        "leftover",
        text.match(leftover)?.length ?? 0,
        "notes to do something later; do it, or open an issue",
      ),
      ...counted("machine-path", machine, "paths of somebody's machine; nobody else has them"),
      ...counted(
        "dangling-document",
        unknown.length,
        `names of documents that are not here: ${unknown.join(", ")}`,
      ),
    ];
  });
}

function trackedTexts(root: string): string[] {
  if (!existsSync(join(root, ".git"))) return [];
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split("\0")
    .filter((path) => /\.(?:[cm]?[jt]sx?|json|md|sh|css|html|sql|py|conf|ya?ml)$|^bin\/|^\.ci\//.test(path))
    .filter((path) => path !== "package-lock.json" && existsSync(join(root, path)));
}

function exportsMapFindings(tree: SourceTree): Finding[] {
  return tree.workspaces.flatMap(({ folder, exports }) => {
    const path = `${folder}/package.json`;
    return Object.entries(exports).flatMap(([name, file]) => {
      const isFile =
        typeof file === "string" && !file.includes("*") && existsSync(join(tree.root, folder, file));
      const message = `exports "${name}" as "${String(file)}", which is no file`;
      return isFile ? [] : [{ rule: "exports-name-files", path, count: 1, message }];
    });
  });
}

const claimFile = /^claims\/([a-z]+-\d+)\/([\w-]+)\.ts$/;

/** A claim is a folder with its probe and its saboteur, both in the lists: a check that cannot fail is no check. */
function claimFindings(tree: SourceTree): Finding[] {
  const textOf = (path: string) => tree.files.find((file) => file.path === path)?.text ?? "";
  const folders = new Set(tree.files.flatMap(({ path }) => claimFile.exec(path)?.[1] ?? []));
  return [...folders].flatMap((claim) => {
    const parts = [
      { file: "claim", word: "probe", list: "claims/claims.ts" },
      { file: "saboteur", word: "spoil|weakenedServer|weakeningSaboteur", list: "claims/saboteurs.ts" },
    ];
    const missing = parts.filter(({ file, word, list }) => {
      const isThere = new RegExp(`\\b(?:${word})\\b`).test(textOf(`claims/${claim}/${file}.ts`));
      return !isThere || !textOf(list).includes(`"./${claim}/${file}.ts"`);
    });
    const message = `claim ${claim.toUpperCase()} has no ${missing.map(({ file, list }) => `${file}.ts that is listed in ${list}`).join(" and no ")}`;
    return missing.length === 0
      ? []
      : [{ rule: "claim-is-proven", path: `claims/${claim}/claim.ts`, count: 1, message }];
  });
}

if (import.meta.main) {
  const tree = readSourceTree(new URL("..", import.meta.url).pathname);
  const problems = tidyProblems(tree, readExceptions(new URL("exceptions.json", import.meta.url)));
  for (const problem of problems) console.error(problem);
  const long = tree.files.filter((file) => file.text.split("\n").length - 1 > fileLength.soft);
  console.log(
    `tidy: ${tree.files.length} files, ${long.length} above ${fileLength.soft} lines, ${problems.length} problems`,
  );
  process.exitCode = problems.length > 0 ? 1 : 0;
}
