import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isNode, literal, type SourceFile, type SourceTree, walk } from "./source-tree.ts";

const goldenFile = "tools/system-scopes.txt";
const isTest = (path: string) => /\.test\.[jt]sx?$|\/testing\/|^tests\/|^bench\/|^tools\//.test(path);

/**
 * Every place where code steps out of the actor's rights, one line each: `path: reason`. The reason is
 * the text given to `.system("…")`, else the comment on the line above.
 */
export function systemScopes(tree: SourceTree): string[] {
  return tree.files
    .filter((file) => !isTest(file.path))
    .flatMap(scopesOf)
    .sort();
}

function scopesOf(file: SourceFile): string[] {
  const found: string[] = [];
  walk(file.program, (node) => {
    if (node.type !== "CallExpression" || !isNode(node["callee"])) return;
    const { callee } = node;
    if (callee.type !== "MemberExpression" || !isNode(callee["property"])) return;
    if (callee["property"]["name"] !== "system") return;
    const [given] = node["arguments"] as unknown[];
    found.push(`${file.path}: ${literal(given) ?? commentAbove(file, node.start) ?? "NO REASON GIVEN"}`);
  });
  return found;
}

function commentAbove(file: SourceFile, offset: number): string | undefined {
  const lineStart = file.text.lastIndexOf("\n", offset);
  const comment = file.comments.find(
    ({ end }) =>
      end <= offset &&
      file.text.slice(end, Math.max(end, lineStart + 1)).trim() === "" &&
      end >= lineStart - 1,
  );
  return comment?.value.replace(/\s+/g, " ").trim();
}

/** Compares the scopes with the reviewed list. @returns a sentence for each difference. */
export function scopeProblems(tree: SourceTree): string[] {
  const path = join(tree.root, goldenFile);
  const reviewed = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(isEntry) : [];
  const rest = [...reviewed];
  const added = systemScopes(tree).filter((scope) => {
    const at = rest.indexOf(scope);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [
    ...added.map(
      (scope) => `system-scope: not reviewed, add it to ${goldenFile} once its reason convinces: ${scope}`,
    ),
    ...rest.map((scope) => `system-scope: no longer there, delete it from ${goldenFile}: ${scope}`),
    ...reviewed
      .filter((scope) => scope.endsWith("NO REASON GIVEN"))
      .map((scope) => `system-scope: give its reason, as text or comment: ${scope}`),
  ];
}

const isEntry = (line: string) => line.trim() !== "" && !line.startsWith("#");
