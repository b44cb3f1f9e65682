import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { readExceptions } from "./exceptions.ts";
import { fixtureTree } from "./fixture-tree.ts";
import { readSourceTree } from "./source-tree.ts";
import { tidyFindings, tidyProblems, tidyRuleNames } from "./tidy.ts";

const later = ["TO", "DO"].join("");

/** For each rule, a file that breaks it. */
const violations: ReadonlyArray<{ rule: string; path: string; text: string }> = [
  { rule: "banned-name", path: "platform/edge/src/utils/pad.ts", text: "export const x = 1;\n" },
  { rule: "banned-name", path: "platform/edge/src/backup-manager.ts", text: "export const x = 1;\n" },
  { rule: "file-length", path: "platform/edge/src/long.ts", text: "// one line\n".repeat(401) },
  { rule: "default-export", path: "platform/edge/src/main.ts", text: "export default 1;\n" },
  {
    rule: "enum",
    path: "platform/edge/src/state.ts",
    text: "enum State { On }\nexport const x = State.On;\n",
  },
  { rule: "barrel", path: "platform/edge/src/all.ts", text: 'export * from "./attach.ts";\n' },
  {
    rule: "raw-mark",
    path: "apps/base/src/page.ts",
    text: 'export const page = (html: any) => html.raw("<b>");\n',
  },
  { rule: "leftover", path: "docs/later.md", text: `${later}: write this\n` },
  { rule: "machine-path", path: "docs/where.md", text: "It lies in /home/anna/holdfast.\n" },
  {
    rule: "dangling-document",
    path: "software/kernel/src/id.ts",
    text: `/** An id. Source: ${"PLAN"}.md. */\nexport const id = 1;\n`,
  },
  {
    rule: "exports-name-files",
    path: "platform/agent/package.json",
    text: '{ "name": "@holdfast/agent", "exports": { "./gone": "./src/gone.ts" } }',
  },
  { rule: "docstring", path: "software/kernel/src/id.ts", text: "export const id = 1;\n" },
  { rule: "claim-is-proven", path: "claims/bak-2/claim.ts", text: "export const probe = 1;\n" },
];

function seeded(files: Readonly<Record<string, string>>) {
  const tree = fixtureTree(files);
  execFileSync("git", ["init", "-q"], { cwd: tree.root });
  return tree;
}

test("a tidy tree has no finding", () => {
  using tree = seeded({});
  assert.deepEqual(tidyProblems(readSourceTree(tree.root), []), []);
});

for (const { rule, path, text } of violations) {
  test(`tidy's rule ${rule} catches ${path}`, () => {
    using tree = seeded({ [path]: text });
    assert.deepEqual(
      tidyFindings(readSourceTree(tree.root)).map((finding) => [finding.rule, finding.path]),
      [[rule, path]],
    );
  });
}

test("every rule of tidy has a seeded violation", () => {
  assert.deepEqual(new Set(violations.map((violation) => violation.rule)), tidyRuleNames);
});

test("a claim with a probe and a saboteur passes", () => {
  using tree = seeded({
    "claims/bak-2/claim.ts": "export const probe = 1;\n",
    "claims/bak-2/saboteur.ts": "export const spoil = 1;\n",
    "claims/claims.ts": 'import { probe } from "./bak-2/claim.ts";\nexport const claims = [probe];\n',
    "claims/saboteurs.ts":
      'import { spoil } from "./bak-2/saboteur.ts";\nexport const saboteurs = [spoil];\n',
  });
  assert.deepEqual(tidyProblems(readSourceTree(tree.root), []), []);
});

test("declarations in one group share a docstring, an empty line ends the group", () => {
  const group = "/** Names. */\nexport const id = 1;\nexport const other = 2;\n\nexport const alone = 3;\n";
  using tree = seeded({ "software/kernel/src/id.ts": group });
  assert.match(tidyProblems(readSourceTree(tree.root), [])[0] ?? "", /no docstring above "alone"$/);
});

test("a system scope must stand in the reviewed list with its reason, and leave it when it goes", () => {
  const path = "software/framework/src/model/step.ts";
  const text = 'export const f = (env: any) => env.system("reads the tenant\'s own settings");\n';
  using unlisted = seeded({ [path]: text });
  assert.match(tidyProblems(readSourceTree(unlisted.root), [])[0] ?? "", /not reviewed.*own settings$/);

  const line = `${path}: reads the tenant's own settings\n`;
  using listed = seeded({ [path]: text, "tools/system-scopes.txt": line });
  assert.deepEqual(tidyProblems(readSourceTree(listed.root), []), []);

  using gone = seeded({ "tools/system-scopes.txt": line });
  assert.match(tidyProblems(readSourceTree(gone.root), [])[0] ?? "", /no longer there, delete it/);
});

test("a system scope takes its reason from the comment above", () => {
  const path = "software/framework/src/model/step.ts";
  using tree = seeded({
    [path]: "export const f = (env: any) => {\n  // sweeps expired rows\n  return env.system();\n};\n",
  });
  assert.match(tidyProblems(readSourceTree(tree.root), [])[0] ?? "", /: sweeps expired rows$/);
});

test("every exception belongs to a rule that exists", async () => {
  const { arrowRuleNames } = await import("./arrows.ts");
  const exceptions = readExceptions(new URL("exceptions.json", import.meta.url));
  const unknown = exceptions.filter(({ rule }) => !arrowRuleNames.has(rule) && !tidyRuleNames.has(rule));
  assert.deepEqual(unknown, []);
});

test("this checkout is tidy", () => {
  const tree = readSourceTree(new URL("..", import.meta.url).pathname);
  const exceptions = readExceptions(new URL("exceptions.json", import.meta.url));
  assert.equal(tidyProblems(tree, exceptions).join("\n"), "");
});
