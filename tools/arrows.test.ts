import assert from "node:assert/strict";
import test from "node:test";
import { arrowFindings, arrowProblems, arrowRuleNames } from "./arrows.ts";
import { readExceptions } from "./exceptions.ts";
import { fixtureTree } from "./fixture-tree.ts";
import { readSourceTree } from "./source-tree.ts";

/** For each arrow, a file that breaks it. */
const violations: ReadonlyArray<{ rule: string; path: string; text: string }> = [
  {
    rule: "kernel-imports-nothing",
    path: "software/kernel/src/disk.ts",
    text: 'import { readFileSync } from "node:fs";\nexport const x = readFileSync;\n',
  },
  {
    rule: "software-knows-no-platform",
    path: "software/framework/src/http/leak.ts",
    text: 'import type { attach } from "@holdfast/edge/attach";\nexport type Leak = typeof attach;\n',
  },
  {
    rule: "apps-see-the-framework-only",
    path: "apps/base/src/socket.ts",
    text: 'export const open = () => import("node:net");\n',
  },
  {
    rule: "apps-see-the-framework-only",
    path: "apps/base/src/kernel.ts",
    text: 'export { id } from "@holdfast/kernel/id";\n',
  },
  {
    rule: "apps-reach-data-through-the-model",
    path: "apps/base/src/query.ts",
    text: 'import { sql } from "@holdfast/framework/sql";\nexport const x = sql;\n',
  },
  {
    rule: "only-sql-talks-to-the-driver",
    path: "platform/agent/src/roles.ts",
    text: 'import pg from "pg";\nexport const x = pg;\n',
  },
  {
    rule: "only-sql-talks-to-the-driver",
    path: "software/framework/src/model/type.ts",
    text: 'export type Client = import("pg").Client;\n',
  },
  {
    rule: "requests-pass-the-model",
    path: "software/framework/src/views/list.ts",
    text: 'import { sql } from "../sql/sql.ts";\nexport const x = sql;\n',
  },
  {
    rule: "access-and-expressions-are-pure",
    path: "software/framework/src/access/now.ts",
    text: 'import { hostname } from "node:os";\nexport const x = hostname;\n',
  },
  {
    rule: "root-stays-small",
    path: "platform/agent/src/model.ts",
    text: 'import { model } from "@holdfast/framework/model";\nexport const x = model;\n',
  },
  {
    rule: "server-is-imported-by-nobody",
    path: "platform/edge/src/start.ts",
    text: 'import { main } from "@holdfast/server/main";\nexport const x = main;\n',
  },
  {
    rule: "platform-attaches-in-one-file",
    path: "platform/edge/src/second.ts",
    text: 'import { hooks } from "@holdfast/framework/hooks";\nexport const x = hooks;\n',
  },
  {
    rule: "walls-have-doors",
    path: "platform/edge/src/behind.ts",
    text: 'import { id } from "../../../software/kernel/src/id.ts";\nexport const x = id;\n',
  },
  {
    rule: "imports-exist",
    path: "platform/edge/src/hidden.ts",
    text: 'import { x } from "@holdfast/kernel/hidden";\nexport const y = x;\n',
  },
  {
    rule: "packages-are-declared",
    path: "platform/edge/src/undeclared.ts",
    text: 'import zod from "zod";\nexport const x = zod;\n',
  },
  {
    rule: "imports-are-written-out",
    path: "platform/edge/src/computed.ts",
    text: "export const load = (name: string) => import(name);\n",
  },
  {
    rule: "no-import-cycles",
    path: "platform/edge/src/circle.ts",
    text: 'import { self } from "./circle.ts";\nexport const x = () => self;\nexport const self = 1;\n',
  },
];

test("a tree that keeps every arrow has no finding", () => {
  using tree = fixtureTree({});
  assert.deepEqual(arrowFindings(readSourceTree(tree.root)), []);
});

for (const { rule, path, text } of violations) {
  test(`the arrow ${rule} catches ${path}`, () => {
    using tree = fixtureTree({ [path]: text });
    const findings = arrowFindings(readSourceTree(tree.root));
    assert.deepEqual(
      findings.map((finding) => [finding.rule, finding.path]),
      [[rule, path]],
    );
  });
}

test("every arrow has a seeded violation", () => {
  assert.deepEqual(new Set(violations.map((violation) => violation.rule)), arrowRuleNames);
});

test("a cycle of types alone is no cycle", () => {
  using tree = fixtureTree({
    "platform/edge/src/a.ts": 'import type { B } from "./b.ts";\nexport interface A { b: B }\n',
    "platform/edge/src/b.ts": 'import type { A } from "./a.ts";\nexport interface B { a: A }\n',
  });
  assert.deepEqual(arrowFindings(readSourceTree(tree.root)), []);
});

test("a cycle through three files is named once with all of them", () => {
  using tree = fixtureTree({
    "platform/edge/src/a.ts": 'export { b } from "./b.ts";\n',
    "platform/edge/src/b.ts": 'export { c as b } from "./c.ts";\n',
    "platform/edge/src/c.ts": 'import * as a from "./a.ts";\nexport const c = () => a;\n',
  });
  const [found, ...others] = arrowFindings(readSourceTree(tree.root));
  assert.match(
    found?.message ?? "",
    /edge\/src\/a\.ts → platform\/edge\/src\/b\.ts → platform\/edge\/src\/c\.ts/,
  );
  assert.deepEqual(others, []);
});

test("an accepted exception silences its finding, and no more than it counts", () => {
  using tree = fixtureTree({ "platform/agent/src/roles.ts": 'import pg from "pg";\nexport const x = pg;\n' });
  const source = readSourceTree(tree.root);
  const exception = {
    rule: "only-sql-talks-to-the-driver",
    path: "platform/agent/src/roles.ts",
    count: 1,
    reason: "roles of the cluster are no rows",
  };
  assert.deepEqual(arrowProblems(source, [exception]), []);
  assert.match(arrowProblems(source, [])[0] ?? "", /only software\/framework\/src\/sql imports "pg"/);
  assert.match(arrowProblems(source, [{ ...exception, count: 2 }])[0] ?? "", /2 accepted, 1 found: lower it/);
  assert.match(arrowProblems(source, [{ ...exception, reason: "because" }])[0] ?? "", /has no reason/);
});

test("a source file that cannot be parsed is an error, not a file without imports", () => {
  using tree = fixtureTree({ "platform/edge/src/broken.ts": "export const = ;\n" });
  assert.throws(() => readSourceTree(tree.root), /cannot parse "platform\/edge\/src\/broken\.ts"/);
});

test("this checkout keeps every arrow", () => {
  const tree = readSourceTree(new URL("..", import.meta.url).pathname);
  const exceptions = readExceptions(new URL("exceptions.json", import.meta.url));
  assert.equal(arrowProblems(tree, exceptions).join("\n"), "");
});
