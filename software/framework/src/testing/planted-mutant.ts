import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assert } from "@holdfast/kernel/assert";

/** One deliberate mistake in the real sources: a test that does not notice it proves nothing. */
export interface Mutant {
  /** With which it is found soon, where the usual one takes long. */
  readonly seed?: number;
  readonly name: string;
  /** File below `src`. */
  readonly file: string;
  /** Text that stands in the file exactly once, so that a mutant cannot quietly stop being one. */
  readonly from: string;
  readonly to: string;
}

const sources = dirname(dirname(fileURLToPath(import.meta.url)));
const copied = ["model", "expressions", "access"];

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
    // The other folders stay the real ones, so that pieces of statements are of one kind on both sides.
    for (const name of readdirSync(sources))
      if (copied.includes(name)) cpSync(join(sources, name), join(folder, name), { recursive: true });
      else symlinkSync(join(sources, name), join(folder, name));
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
