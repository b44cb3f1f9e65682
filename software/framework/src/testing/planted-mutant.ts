import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assert } from "@holdfast/kernel/assert";

/** One deliberate mistake in the real sources: a test that does not notice it proves nothing. */
export interface Mutant {
  readonly name: string;
  /** File below `src`. */
  readonly file: string;
  /** Text that stands in the file exactly once, so that a mutant cannot quietly stop being one. */
  readonly from: string;
  readonly to: string;
}

const sources = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["model", "expressions", "access"] as const;

/**
 * Runs `work` with a copy of the sources that holds the mistake.
 *
 * @param work - loads modules of the copy by their path below `src`.
 */
export async function withMutant<T>(
  mutant: Mutant,
  work: (load: <M>(file: string) => Promise<M>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mutant-"));
  try {
    for (const name of folders) cpSync(join(sources, name), join(folder, name), { recursive: true });
    // Statements of the copy are run by the real database code, which knows only its own nodes.
    mkdirSync(join(folder, "sql"));
    writeFileSync(
      join(folder, "sql/sql.ts"),
      `export * from ${JSON.stringify(pathToFileURL(join(sources, "sql/sql.ts")).href)};`,
    );
    symlinkSync(nodeModules(), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    plant(mutant, join(folder, mutant.file));
    return await work((file) => import(pathToFileURL(join(folder, file)).href));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plant({ from, to, name }: Mutant, file: string): void {
  const text = readFileSync(file, "utf8");
  assert(text.split(from).length === 2, `the source of the mutant "${name}" stands in its file exactly once`);
  writeFileSync(
    file,
    text.replace(from, () => to),
  );
}

/** Where the workspace's packages are linked: above the package of the kernel. */
function nodeModules(): string {
  const kernel = fileURLToPath(import.meta.resolve("@holdfast/kernel/assert"));
  return join(kernel.slice(0, kernel.lastIndexOf("/software/")), "node_modules");
}
