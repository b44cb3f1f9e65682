/**
 * The arrows of docs/architecture.md, as a check: who may import whom. Run it: `node tools/arrows.ts`.
 * A new rule is one entry of `rules`, and one seeded violation in arrows.test.ts that it must catch.
 */
import { differences, type Exception, type Finding, readExceptions } from "./exceptions.ts";
import { type Edge, importEdges, runtimeCycles, workspaceOf } from "./import-graph.ts";
import { readSourceTree, type SourceTree } from "./source-tree.ts";

/** An arrow: returns what is wrong with an import, or undefined when it is allowed. */
interface ArrowRule {
  readonly name: string;
  readonly check: (edge: Edge, tree: SourceTree) => string | undefined;
}

const isTest = (path: string) => /\.test\.[jt]sx?$/.test(path) || /\/src\/testing\//.test(path);
const pathOf = ({ target }: Edge) => (target.kind === "ours" ? target.path : undefined);
const within = (path: string | undefined, ...folders: string[]) =>
  path !== undefined && folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

const framework = "software/framework/src";
const purePlumbing = new Set(["node:crypto", "node:stream"]);

/** Every arrow of the architecture. Tests are free of those that only shape the running product. */
export const rules: readonly ArrowRule[] = [
  {
    name: "kernel-imports-nothing",
    check: ({ from, target }) => {
      if (!within(from.path, "software/kernel") || isTest(from.path)) return undefined;
      if (target.kind === "ours") {
        return within(target.path, "software/kernel")
          ? undefined
          : `the kernel may not know "${target.path}"`;
      }
      if (target.kind === "node" && purePlumbing.has(target.module)) return undefined;
      return "the kernel does no input or output; move this to the part that needs it";
    },
  },
  {
    name: "software-knows-no-platform",
    check: (edge) =>
      within(edge.from.path, "software") &&
      within(pathOf(edge), "apps", "platform", "claims", "tests", "bench", "tools")
        ? `the software may not know "${pathOf(edge)}"; declare a hook with an empty default`
        : undefined,
  },
  {
    name: "apps-see-the-framework-only",
    check: (edge) => {
      if (!within(edge.from.path, "apps")) return undefined;
      if (edge.target.kind === "ours") {
        return within(edge.target.path, framework, "apps")
          ? undefined
          : `an app may import the framework and other apps, not "${edge.target.path}"`;
      }
      return isTest(edge.from.path) ? undefined : "an app may import no Node module and no package";
    },
  },
  {
    name: "apps-reach-data-through-the-model",
    check: (edge) =>
      within(edge.from.path, "apps", "platform/panel") && within(pathOf(edge), `${framework}/sql`)
        ? "an app reads and writes through models; SQL would pass by the access rules"
        : undefined,
  },
  {
    name: "only-sql-talks-to-the-driver",
    check: ({ from, target }) =>
      target.kind === "package" &&
      /^pg(?:-|$)|^postgres$/.test(target.name) &&
      !within(from.path, `${framework}/sql`)
        ? `only ${framework}/sql imports "${target.name}"`
        : undefined,
  },
  {
    name: "requests-pass-the-model",
    check: (edge) =>
      within(edge.from.path, `${framework}/http`, `${framework}/views`, `${framework}/identity`) &&
      !isTest(edge.from.path) &&
      within(pathOf(edge), `${framework}/sql`)
        ? "requests reach data only through the model, which passes the access rules (OWASP-5)"
        : undefined,
  },
  {
    name: "access-and-expressions-are-pure",
    check: ({ from, target }) => {
      if (!within(from.path, `${framework}/access`, `${framework}/expressions`) || isTest(from.path)) {
        return undefined;
      }
      return target.kind === "node"
        ? `"${target.module}" would make a decision depend on more than its arguments`
        : undefined;
    },
  },
  {
    name: "root-stays-small",
    check: (edge) =>
      within(edge.from.path, "platform/agent", "platform/backups", "platform/protocol") &&
      pathOf(edge) !== undefined &&
      !within(pathOf(edge), "software/kernel", "platform/agent", "platform/backups", "platform/protocol")
        ? `what holds root sees the kernel and agent, backups, protocol only, not "${pathOf(edge)}"`
        : undefined,
  },
  {
    name: "server-is-imported-by-nobody",
    check: (edge) =>
      within(pathOf(edge), "software/server") && !within(edge.from.path, "software/server")
        ? "the server is a composition root; start it as a process instead"
        : undefined,
  },
  {
    name: "platform-attaches-in-one-file",
    check: (edge) =>
      within(edge.from.path, "platform") &&
      /^software\/framework\/src\/(?:.*\/)?hooks\.ts$/.test(pathOf(edge) ?? "") &&
      !edge.typeOnly &&
      !isTest(edge.from.path) &&
      edge.from.path !== "platform/edge/src/attach.ts"
        ? "the platform fills the software's hooks in platform/edge/src/attach.ts only"
        : undefined,
  },
  {
    name: "walls-have-doors",
    check: (edge, tree) => {
      const path = pathOf(edge);
      if (path === undefined || workspaceOf(tree, path) === workspaceOf(tree, edge.from.path))
        return undefined;
      return edge.specifier?.startsWith(".")
        ? `"${path}" is in another package; import it by a name of its exports`
        : undefined;
    },
  },
  {
    name: "imports-exist",
    check: ({ target }) =>
      target.kind === "missing"
        ? `"${target.specifier}" leads to no file; is the line missing in the package's exports?`
        : undefined,
  },
  {
    name: "packages-are-declared",
    check: ({ from, target }, tree) => {
      if (target.kind !== "package") return undefined;
      const isOutside =
        isTest(from.path) ||
        within(from.path, "tools", "tests", "claims", "bench") ||
        /\.config\.ts$/.test(from.path);
      const declared =
        workspaceOf(tree, from.path)?.dependencies.has(target.name) ||
        (isOutside && tree.rootDependencies.has(target.name));
      return declared ? undefined : `"${target.name}" is not in the package.json of its workspace`;
    },
  },
  {
    name: "imports-are-written-out",
    check: ({ target }) =>
      target.kind === "computed"
        ? "an import whose target is computed hides an arrow; write the name out"
        : undefined,
  },
];

/** Every broken arrow of a tree, exceptions not yet subtracted. */
export function arrowFindings(tree: SourceTree): Finding[] {
  const edges = importEdges(tree);
  const broken = edges.flatMap((edge) =>
    rules.flatMap(({ name, check }) => {
      const message = check(edge, tree);
      return message
        ? [{ rule: name, path: edge.from.path, count: 1, message: `line ${edge.line}: ${message}` }]
        : [];
    }),
  );
  const cycles = runtimeCycles(edges).map((knot) => ({
    rule: "no-import-cycles",
    path: knot[0] ?? "",
    count: 1,
    message: `imports itself through ${knot.join(" → ")}`,
  }));
  return [...broken, ...cycles];
}

/** Names of all rules, so that an exception for a rule that is gone is noticed. */
export const arrowRuleNames: ReadonlySet<string> = new Set([
  ...rules.map((rule) => rule.name),
  "no-import-cycles",
]);

/** @returns a sentence for each problem of the arrows; empty when all is well. */
export function arrowProblems(tree: SourceTree, exceptions: readonly Exception[]): string[] {
  return differences(
    arrowFindings(tree),
    exceptions.filter((exception) => arrowRuleNames.has(exception.rule)),
  );
}

if (import.meta.main) {
  const tree = readSourceTree(new URL("..", import.meta.url).pathname);
  const problems = arrowProblems(tree, readExceptions(new URL("exceptions.json", import.meta.url)));
  for (const problem of problems) console.error(problem);
  console.log(`arrows: ${tree.files.length} files, ${rules.length + 1} rules, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
