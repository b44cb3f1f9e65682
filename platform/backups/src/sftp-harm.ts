import type { VaultObjectName } from "./object-name.ts";
import type { Harm } from "./probe-vault.ts";
import { SftpConnection, type SftpVaultSpec } from "./sftp-connection.ts";
import { remotePath } from "./sftp-vault.ts";

/** Tries to rename a stored object away and back, and to open it for writing. */
export async function harmSftp(
  spec: SftpVaultSpec,
  name: VaultObjectName,
): Promise<{ deletion: Harm; overwriting: Harm }> {
  const sftp = new SftpConnection(spec);
  const path = remotePath(spec, name);
  const away = `${path}.harmed.part`;
  try {
    return {
      deletion: await attempt(async () => {
        await sftp.run((client, done) => client.rename(path, away, done));
        await sftp.run((client, done) => client.rename(away, path, done));
      }),
      overwriting: await attempt(async () => {
        const handle = await sftp.run<Buffer>((client, done) => client.open(path, "r+", done));
        await sftp.run((client, done) => client.close(handle, done));
      }),
    };
  } finally {
    await sftp.close();
  }
}

async function attempt(harm: () => Promise<unknown>): Promise<Harm> {
  try {
    await harm();
    return "done";
  } catch {
    return "refused";
  }
}
