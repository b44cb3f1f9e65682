import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A small checkout in a temporary folder, gone when it is disposed of. */
export interface FixtureTree extends Disposable {
  readonly root: string;
}

const packages: Record<string, object> = {
  "software/kernel": { name: "@holdfast/kernel", exports: { "./id": "./src/id.ts" } },
  "software/framework": {
    name: "@holdfast/framework",
    exports: { "./model": "./src/model/model.ts", "./sql": "./src/sql/sql.ts", "./hooks": "./src/hooks.ts" },
    dependencies: { pg: "1.0.0" },
  },
  "software/server": { name: "@holdfast/server", exports: { "./main": "./src/main.ts" } },
  "apps/base": { name: "@holdfast/app-base", exports: { "./user": "./src/user.ts" } },
  "platform/edge": { name: "@holdfast/edge", exports: { "./attach": "./src/attach.ts" } },
  "platform/agent": { name: "@holdfast/agent", exports: {}, dependencies: { pg: "1.0.0" } },
};

const files: Record<string, string> = {
  "software/kernel/src/id.ts": "/** An id. */\nexport const id = 1;\n",
  "software/framework/src/sql/sql.ts":
    'import pg from "pg";\n/** The driver, guarded. */\nexport const sql = pg;\n',
  "software/framework/src/model/model.ts":
    'import { id } from "@holdfast/kernel/id";\nimport { sql } from "../sql/sql.ts";\n/** A model. */\nexport const model = [id, sql];\n',
  "software/framework/src/hooks.ts": "/** Hooks with empty defaults. */\nexport const hooks = {};\n",
  "software/server/src/main.ts":
    'import { hooks } from "@holdfast/framework/hooks";\n/** Starts. */\nexport const main = hooks;\n',
  "apps/base/src/user.ts":
    'import { model } from "@holdfast/framework/model";\n/** Users. */\nexport const user = model;\n',
  "platform/edge/src/attach.ts":
    'import { hooks } from "@holdfast/framework/hooks";\n/** Attaches. */\nexport const attach = hooks;\n',
};

/** Makes a checkout that keeps every rule, with the given files added or replaced: the seeded violation. */
export function fixtureTree(seeded: Readonly<Record<string, string>>): FixtureTree {
  const root = mkdtempSync(join(tmpdir(), "holdfast-fixture-"));
  const all: Record<string, string> = {
    "package.json": JSON.stringify({ workspaces: ["software/*", "apps/*", "platform/*"] }),
    ...Object.fromEntries(
      Object.entries(packages).map(([folder, declared]) => [
        `${folder}/package.json`,
        JSON.stringify(declared),
      ]),
    ),
    ...files,
    ...seeded,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
