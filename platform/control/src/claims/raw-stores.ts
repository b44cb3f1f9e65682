import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryVaultSpec } from "@holdfast/backups/directory-vault";
import type { TenantId } from "@holdfast/kernel/id";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";

/** The vaults whose disks are on this machine; what is kept elsewhere cannot be looked at raw from here. */
export function rawVaults({ vaults }: DataFolder): DirectoryVaultSpec[] {
  if (!existsSync(vaults)) return [];
  return readdirSync(vaults)
    .filter((name) => existsSync(join(vaults, name, "store")))
    .map((name) => ({
      kind: "directory",
      path: join(vaults, name),
      keeper: "separate",
      place: {
        name,
        dataCenter: name,
        city: "",
        country: "",
        continent: "",
        provider: "",
        simulated: true,
      },
    }));
}

/** The files of a customer as they lie on the disk, each named by the digest of its content. */
export function rawFiles(
  folder: DataFolder,
  tenantId: TenantId,
): { readonly sha256: string; read(): Buffer }[] {
  const files = filesOf(folder, tenantId);
  if (!existsSync(files)) return [];
  return readdirSync(files)
    .filter((prefix) => /^[0-9a-f]{2}$/.test(prefix))
    .flatMap((prefix) => readdirSync(join(files, prefix)).map((sha256) => join(prefix, sha256)))
    .map((path) => ({ sha256: path.slice(3), read: () => readPlain(join(files, path)) }));
}

/** The server writes there: a link is not followed, a pipe makes nobody wait. */
function readPlain(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new Error("what lies in the place of a stored file is none");
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
