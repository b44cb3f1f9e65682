import { createIdentity } from "@holdfast/framework/identity/create-identity";
import { passwordHasher } from "@holdfast/framework/identity/hasher";
import type { DataSource } from "@holdfast/framework/model/environment";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { keyFor, type TenantKeys } from "@holdfast/kernel/tenant-keys";

export interface AdministratorParts extends TenantKeys {
  readonly data: DataSource;
  readonly tenantName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Gives a user a new random password; the former one and all sessions end. @returns the password. */
export async function givePassword(parts: AdministratorParts, userId: number): Promise<string> {
  const password = randomPassword(parts.random);
  await withIdentity(parts, (identity) => identity.setPassword(userId, password));
  return password;
}

/** Mails the user a link by which they choose a password. */
export async function inviteUser(parts: AdministratorParts, userId: number): Promise<void> {
  await withIdentity(parts, (identity) => identity.invite(userId));
}

async function withIdentity(
  parts: AdministratorParts,
  work: (identity: ReturnType<typeof createIdentity>) => Promise<void>,
): Promise<void> {
  const hasher = passwordHasher();
  try {
    await work(createIdentity({ ...parts, hasher, key: (purpose) => keyFor(parts, purpose) }));
  } finally {
    await hasher.close();
  }
}

/** 24 characters of 31 that no one mixes up: 118 bits. */
function randomPassword(random: Random): string {
  const letters = "abcdefghijkmnpqrstuvwxyz2345678";
  const out: string[] = [];
  while (out.length < 24) {
    for (const byte of random.bytes(48)) {
      // Bytes that would favour some letters are left out.
      if (byte < Math.floor(256 / letters.length) * letters.length && out.length < 24)
        out.push(letters[byte % letters.length] ?? "");
    }
  }
  return out.join("").replace(/(.{6})(?!$)/g, "$1-");
}
