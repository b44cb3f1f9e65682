import { assert } from "@holdfast/kernel/assert";
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
 * @returns how many sessions ended. Source: claim PWD-2, docs/loss-of-right.md.
 */
export function endOtherSessions(
  env: Environment,
  userId: number,
  change: CredentialChange,
): Promise<number> {
  return endSessionsOfUsers(env, [userId], change);
}

/** Users whose sessions are ended in one go: each may have some hundred. */
export const maxUsersAtOnce = 50;

/** The same for several users, at most {@link maxUsersAtOnce}: as many statements as for one. */
export async function endSessionsOfUsers(
  env: Environment,
  userIds: readonly number[],
  change: CredentialChange,
): Promise<number> {
  assert(userIds.length <= maxUsersAtOnce, `at most ${maxUsersAtOnce} users at once`);
  return env.system("end what a change of password or factor ends", async (system) => {
    const users = await system.of(usersModel).read([...new Set(userIds)], ["credential_version"]);
    await system
      .of(usersModel)
      .writeEach(users.map(({ id, credential_version }) => ({ id, values: next(credential_version) })));
    await endPendingOf(system, userIds);
    await revokeLinks(system, resetPurpose, "res.users", userIds);
    if (change.endApiKeys) await endApiKeysOf(system, userIds);
    return endSessionsOf(system, userIds, change.keepSessionKey ?? "");
  });
}

function next(version: number | null) {
  return { credential_version: (version ?? 0) + 1 };
}
