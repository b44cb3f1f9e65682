import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, link, lstat, mkdir, open, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseVaultName, type VaultObjectName } from "./object-name.ts";

const readySuffix = ".ready";
const partSuffix = ".part";

/** How everything of an object in `incoming/` begins. */
export const wayIn = (name: VaultObjectName): string => `${name.replace("/", "_")}.`;

/** What a whole object is called in `incoming/` until the keeper has it. */
export const incomingName = (name: VaultObjectName): string => `${name.replace("/", "_")}${readySuffix}`;

/** Where a stored object lies. */
export const storePath = (vaultPath: string, name: VaultObjectName): string => join(vaultPath, "store", name);

/**
 * Takes whole objects from `incoming/` over into `store/`, read-only, never over an existing one.
 *
 * Meant to run as another system user than the writer, who then has no right in `store/` but to read; run by the
 * writer itself it keeps the same order of steps but enforces nothing. Safe to run twice and at the same time.
 * Names are hostile here: what is not a plain file named like an object is left where it is.
 *
 * @param only - one object; default all.
 */
export async function keepIncoming(vaultPath: string, only?: VaultObjectName): Promise<VaultObjectName[]> {
  const kept: VaultObjectName[] = [];
  for (const file of await readdir(join(vaultPath, "incoming")).catch(() => [])) {
    const name = file.endsWith(readySuffix)
      ? parseVaultName(file.slice(0, -readySuffix.length).replace("_", "/"))
      : undefined;
    if (name !== undefined && (only ?? name) === name && (await keep(vaultPath, file, name))) kept.push(name);
  }
  return kept;
}

/**
 * Removes what a keeper that was killed while it copied left in `store/`: at the start, when no keeper works.
 *
 * @returns their paths under the store.
 */
export async function sweepStore(vaultPath: string): Promise<string[]> {
  const store = join(vaultPath, "store");
  const files = await readdir(store, { recursive: true }).catch(() => []);
  const parts = files.filter((file) => file.endsWith(partSuffix));
  for (const file of parts) await rm(join(store, file), { force: true });
  return parts;
}

async function keep(vaultPath: string, file: string, name: VaultObjectName): Promise<boolean> {
  const [from, to] = [join(vaultPath, "incoming", file), storePath(vaultPath, name)];
  const found = await lstat(from).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  const own = found.uid === process.getuid?.();
  const kept = await whileThere(dirname(to), () => (own ? linkAs(from, to) : copyAs(from, to, found.uid)));
  if (kept === undefined) return false;
  if (kept) await flushFolder(dirname(to));
  await rm(from, { force: true });
  return kept;
}

/**
 * Tries twice: the tenant's folder may go meanwhile with the last object that was in it.
 *
 * @returns undefined when something is still missing; then another keeper took what came in, or the next look does.
 */
async function whileThere(folder: string, work: () => Promise<boolean>): Promise<boolean | undefined> {
  for (let tries = 0; tries < 2; tries++) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const kept = await work().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/**
 * link, not rename: it fails where the object exists, so nothing stored is ever replaced. Read-only first: what a
 * crash leaves in the store can be read by those who must.
 */
async function linkAs(from: string, to: string): Promise<boolean> {
  await chmod(from, 0o444);
  return link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}

/**
 * Another user's object is copied: a link would stay its writer's, who could open it again or still has it open.
 * What is opened is looked at once more, so that a link put there meanwhile leads the keeper nowhere, and a pipe
 * does not make it wait.
 */
async function copyAs(from: string, to: string, writer: number): Promise<boolean> {
  const part = `${to}.${randomBytes(6).toString("hex")}${partSuffix}`;
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const opened = await source.stat();
    if (!opened.isFile() || opened.uid !== writer) return false;
    const target = await open(part, "wx", 0o400);
    try {
      for await (const chunk of source.createReadStream({ autoClose: false })) await target.writeFile(chunk);
      await target.sync();
    } finally {
      await target.close();
    }
    return await linkAs(part, to);
  } finally {
    await rm(part, { force: true });
    await source.close();
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
