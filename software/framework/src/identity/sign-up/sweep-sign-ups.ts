import type { Environment } from "../../model/environment.ts";
import { linksModel } from "../models.ts";
import { signUpPurpose } from "./sign-up-purpose.ts";

const keptDays = 7;
const sweptAtOnce = 1_000;

/** Forgets the addresses of those who never finished. @returns how many; at most 1,000 a run. */
export async function sweepSignUps(env: Environment): Promise<number> {
  return env.system("forget sign-ups that were never finished", async (system) => {
    const before = Temporal.Instant.fromEpochMilliseconds(system.clock.now()).subtract({
      hours: keptDays * 24,
    });
    const old = await system.of(linksModel).search(
      [
        ["purpose", "=", signUpPurpose],
        ["expires_at", "<", before.toString()],
      ],
      { limit: sweptAtOnce, order: "id" },
    );
    if (old.length > 0) await system.of(linksModel).unlink(old);
    return old.length;
  });
}
