import { ExpectedError } from "@holdfast/kernel/errors";
import type { Environment } from "../model/environment.ts";
import { endOtherSessions } from "./credential-change.ts";
import { usersModel } from "./models.ts";
import { parseHash } from "./password-hash.ts";
import { recordSecurityEvent } from "./security-log.ts";

/**
 * Takes over a user's password from another system as its hash: `$pbkdf2-sha512$rounds$salt$digest`, as passlib and
 * the ERP that our API comes from write it. One of fewer rounds than the policy's is made anew at the first sign-in.
 * The password itself stays unknown, so that its length cannot be asked for until it is changed.
 *
 * In the caller's transaction; the caller has asked whether that may be.
 *
 * @throws ExpectedError `invalid` for a text that is no such hash.
 */
export async function importPasswordHash(env: Environment, userId: number, hash: string): Promise<void> {
  const parsed = parseHash(hash);
  if (parsed === undefined || parsed.salt.byteLength < 8)
    throw new ExpectedError("invalid", "This is no hash of PBKDF2 with SHA-512 in modular-crypt text.", {
      hint: "Take over hashes that begin with $pbkdf2-sha512$, and mail invitations to all other users.",
    });
  await env.system("take over a password's hash", async (system) => {
    const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
    await system.of(usersModel).write([userId], { password_hash: hash, password_date: now });
    await endOtherSessions(system, userId, { endApiKeys: true });
    await recordSecurityEvent(system, {
      event: "password_changed",
      outcome: "ok",
      userId,
      method: "import",
      detail: `a hash of ${parsed.rounds} rounds was taken over`,
    });
  });
}
