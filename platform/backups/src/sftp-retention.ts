import { ExpectedError } from "@holdfast/kernel/errors";
import { wayIn } from "./keeper.ts";
import type { VaultObjectName } from "./object-name.ts";
import type { Removal } from "./retention-role.ts";
import { SftpConnection, type SftpVaultSpec } from "./sftp-connection.ts";
import { entries, remoteIncoming, remotePath } from "./sftp-vault.ts";

/** Deletes an object with the login of the keeper's user. The folder of a tenant goes with its last object. */
export async function removeFromSftp(spec: SftpVaultSpec, name: VaultObjectName): Promise<Removal> {
  const sftp = new SftpConnection(spec);
  const path = remotePath(spec, name);
  try {
    await sftp.run((client, done) => client.unlink(path, done));
    // Refused while anything is in it.
    await sftp
      .run((client, done) => client.rmdir(path.slice(0, path.lastIndexOf("/")), done))
      .catch(() => undefined);
    return { kind: "removed" };
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "not_found") return { kind: "absent" };
    throw error;
  } finally {
    await sftp.close();
  }
}

/** Removes what a killed job left of an object in `incoming/`. */
export async function removeSftpIncoming(spec: SftpVaultSpec, name: VaultObjectName): Promise<void> {
  const sftp = new SftpConnection(spec);
  const incoming = remoteIncoming(spec);
  try {
    for (const { filename } of await entries(sftp, incoming))
      if (filename.startsWith(wayIn(name)) && !filename.includes("/"))
        await sftp.run((client, done) => client.unlink(`${incoming}/${filename}`, done));
  } finally {
    await sftp.close();
  }
}
