import { posix } from "node:path";
import type { Finding } from "./exceptions.ts";
import type { AnyNode, SourceFile, SourceTree } from "./source-tree.ts";

/**
 * Finds what a package's `exports` names without a docstring. Declarations that follow one another
 * without an empty line are one group: a sentence above the first speaks for them all.
 */
export function docstringFindings(tree: SourceTree): Finding[] {
  const files = new Map(tree.files.map((file) => [file.path, file]));
  const named = tree.workspaces.flatMap(({ folder, exports }) =>
    Object.values(exports).map((file) => posix.join(folder, String(file))),
  );
  return [...new Set(named)].flatMap((path) => {
    const file = files.get(path);
    const bare = file ? withoutDocstring(file) : [];
    const message = `no docstring above ${bare.map((name) => `"${name}"`).join(", ")}`;
    return bare.length > 0 ? [{ rule: "docstring", path, count: bare.length, message }] : [];
  });
}

/** @returns the names of exported declarations that nothing describes. */
function withoutDocstring({ program, comments, text }: SourceFile): string[] {
  const documented = new Set<number>();
  const bare: string[] = [];
  program.body.forEach((node, at) => {
    const before = program.body[at - 1];
    const comment = comments.findLast(({ end }) => end <= node.start && (!before || end > before.end));
    const gap = text.slice(before?.end ?? 0, node.start);
    const isDescribed = comment?.type === "Block" && comment.value.startsWith("*");
    if (isDescribed || (documented.has(at - 1) && !/\n\s*\n/.test(gap))) documented.add(at);
    else if (node.type === "ExportNamedDeclaration" && node.declaration && !isOverload(program.body, at)) {
      if (!speaksForItself(node.declaration as unknown as AnyNode, comments))
        bare.push(nameOf(node.declaration));
    }
  });
  return bare;
}

/** An alias repeats what it is derived from; a shape is described where its members are, a schema is one. */
function speaksForItself(declaration: AnyNode, comments: SourceFile["comments"]): boolean {
  if (declaration.type === "TSTypeAliasDeclaration" || /Schema$/.test(nameOf(declaration))) return true;
  const isInside = ({ start, end }: { start: number; end: number }) =>
    start > declaration.start && end < declaration.end;
  return declaration.type === "TSInterfaceDeclaration" && comments.some(isInside);
}

/** The implementation below its overloads is described by the first of them. */
function isOverload(body: SourceFile["program"]["body"], at: number): boolean {
  const [before, node] = [body[at - 1], body[at]];
  if (before?.type !== "ExportNamedDeclaration" || node?.type !== "ExportNamedDeclaration") return false;
  return (
    before.declaration?.type === "TSDeclareFunction" &&
    node.declaration !== null &&
    nameOf(before.declaration) === nameOf(node.declaration)
  );
}

function nameOf(declaration: object): string {
  const { id, declarations } = declaration as {
    id?: { name?: string };
    declarations?: ReadonlyArray<{ id: { name?: string } }>;
  };
  return id?.name ?? declarations?.[0]?.id.name ?? "?";
}
