import type { Environment } from "../model/environment.ts";
import { endApiKeysOf } from "./api-keys.ts";
import { revokeLinks } from "./links.ts";
import { usersModel } from "./models.ts";
import { endPendingOf } from "./pending-sign-in.ts";
import { resetPurpose } from "./reset-purpose.ts";
import { endSessionsOf } from "./sessions.ts";

/** What a change of a password or factor ends besides. */
export interface CredentialChange {
  /** The session in which the person made the change goes on; absent: all end. */
  readonly keepSessionKey?: string;
  /** Whether API keys die too; the form asks, and says yes. */
  readonly endApiKeys: boolean;
}

/**
 * For every change of a password or second factor, in the transaction of the change: the user's other sessions end,
 * sign-ins under way and reset links die, and one that was checked against the former password or factors can no
 * longer open a session (`credential_version`).
 *
 * @returns how many sessions ended. Source: issue "Identity", claim PWD-2, THREATS.md (a session outlives the right).
 */
export async function endOtherSessions(
  env: Environment,
  userId: number,
  change: CredentialChange,
): Promise<number> {
  return env.system("end what a change of password or factor ends", async (system) => {
    const [user] = await system.of(usersModel).read([userId], ["credential_version"]);
    const version = (user?.credential_version ?? 0) + 1;
    await system.of(usersModel).write([userId], { credential_version: version });
    await endPendingOf(system, userId);
    await revokeLinks(system, resetPurpose, "res.users", userId);
    if (change.endApiKeys) await endApiKeysOf(system, userId);
    return endSessionsOf(system, userId, change.keepSessionKey ?? "");
  });
}
