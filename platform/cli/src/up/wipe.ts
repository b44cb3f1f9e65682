import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { z } from "zod";

/** Files and folders of the data folder that carry no name of their own there. */
const unnamed = [
  "code",
  "code.new",
  "recovery.txt",
  ".recovery-written",
  ".recovery-checked",
  ".config.json.new",
  "root.key.next",
  "root.key.former",
];

/**
 * Deletes what we made in the data folder. What lies elsewhere is never touched.
 *
 * @returns a sentence for each thing of this installation that is left in another place; empty when there is none.
 */
export function wipe(folder: DataFolder): string[] {
  const left = leftElsewhere(folder);
  const { root, caFile: _inside, ...named } = folder;
  for (const path of [...Object.values(named), ...unnamed.map((name) => join(root, name))])
    rmSync(path, { recursive: true, force: true });
  // A lock that a process held, or a file that a crash left half-written.
  for (const name of readdirSync(root).filter((each) => /^\.[a-z.-]+\.(new|lock)$/.test(each)))
    rmSync(join(root, name), { recursive: true, force: true });
  return left;
}

const replicasSchema = z.object({ folders: z.array(z.string()) });
const vaultsSchema = z.object({
  vaults: z.array(z.object({ name: z.string(), settings: z.unknown().optional() })),
});

/** What a person set up outside of the data folder: copies of keys, and vaults. Asked before anything is deleted. */
export function leftElsewhere(folder: DataFolder): string[] {
  const isOutside = (path: string): boolean => !`${path}/`.startsWith(`${folder.root}/`);
  const replicas = read(folder.replicasFile, replicasSchema)?.folders.filter(isOutside) ?? [];
  const added = read(folder.vaultsFile, vaultsSchema)?.vaults.filter(
    ({ settings }) => settings !== undefined,
  );
  return [
    ...replicas.map((path) => `${path}: wrapped keys, of use only with the recovery file`),
    ...(added ?? []).map(({ name }) => `vault "${name}": its backups, which its own rule or you delete`),
  ];
}

/** A damaged file must not keep anybody from starting over. */
function read<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}
