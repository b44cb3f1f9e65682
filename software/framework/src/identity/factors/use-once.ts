import { createHash } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../../access/actor.ts";
import type { DataSource } from "../../model/environment.ts";
import { usedTokensModel } from "./models.ts";

const maxSwept = 1_000;

/**
 * Marks something as used, in a transaction of its own: whatever happens next, it is used.
 *
 * @returns false when it was used before; of two at once, one gets true, on whichever worker.
 */
export async function useOnce(data: DataSource, token: string, lifeSeconds: number): Promise<boolean> {
  const digest = createHash("sha256").update(token).digest("hex");
  try {
    return await data.writing(publicActor, (env) =>
      env.system("mark a sign-in token as used", async (system) => {
        const used = system.of(usedTokensModel);
        if ((await used.count([["digest", "=", digest]], { limit: 1 })) > 0) return false;
        const expires = Temporal.Instant.fromEpochMilliseconds(system.clock.now() + lifeSeconds * 1_000);
        await used.create([{ digest, expires_at: expires }]);
        return true;
      }),
    );
  } catch (error) {
    if (error instanceof ExpectedError && ["invalid", "conflict"].includes(error.code)) return false;
    throw error;
  }
}

/** Forgets tokens that have expired anyhow. @returns how many; at most 1,000 a run. */
export async function sweepUsedTokens(data: DataSource): Promise<number> {
  return data.writing(publicActor, (env) =>
    env.system("forget used sign-in tokens", async (system) => {
      const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now()).toString();
      const used = system.of(usedTokensModel);
      const old = await used.search([["expires_at", "<", now]], { limit: maxSwept });
      if (old.length > 0) await used.unlink(old);
      return old.length;
    }),
  );
}
