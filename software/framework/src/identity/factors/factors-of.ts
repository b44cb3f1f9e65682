import type { Environment } from "../../model/environment.ts";
import { passkeysModel, recoveryCodesModel, totpModel } from "./models.ts";

/** What a person has besides a password. */
export interface FactorsOf {
  readonly app: boolean;
  readonly passkeys: number;
  readonly recoveryCodes: number;
}

/** Counts a user's second factors; three statements, one after the other: it is asked inside transactions too. */
export async function factorsOf(env: Environment, userId: number): Promise<FactorsOf> {
  const own = [["user_id", "=", userId]] as const;
  return env.system("see which second factors a user has", async (system) => {
    const apps = await system.of(totpModel).count(own, { limit: 1 });
    const passkeys = await system.of(passkeysModel).count(own);
    const recoveryCodes = await system.of(recoveryCodesModel).count(own);
    return { app: apps > 0, passkeys, recoveryCodes };
  });
}

/** Whether the person has a second factor; recovery codes alone are none. */
export function hasFactor(factors: FactorsOf): boolean {
  return factors.app || factors.passkeys > 0;
}
