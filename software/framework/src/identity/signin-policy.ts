import type { Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { policyModel } from "./policy-model.ts";
import { factorEnforced } from "./second-factor-demand.ts";

const names = [
  "min_password_length",
  "min_password_length_factor",
  "pbkdf2_rounds",
  "max_failures",
  "max_source_failures",
  "max_account_failures",
  "window_minutes",
  "cooldown_minutes",
  "session_idle_minutes",
  "session_hours",
  "reset_minutes",
  "blocked_words",
  "sign_up",
] as const;

/** One database's sign-in policy, as its administrator set it. */
export type SignInPolicy = Omit<Row<typeof policyModel, (typeof names)[number]>, "id">;

/** What holds while no row says otherwise: the defaults of the model's fields. */
export const defaultPolicy: SignInPolicy = {
  min_password_length: 15,
  min_password_length_factor: 8,
  pbkdf2_rounds: 600_000,
  max_failures: 10,
  max_source_failures: 100,
  max_account_failures: 50,
  window_minutes: 15,
  cooldown_minutes: 5,
  session_idle_minutes: 720,
  session_hours: 168,
  reset_minutes: 60,
  blocked_words: null,
  sign_up: false,
};

/** Reads the policy; one statement. */
export async function signInPolicy(env: Environment): Promise<SignInPolicy> {
  const [row] = await env.system("read the sign-in policy", (system) =>
    system.of(policyModel).searchRead([], names, { limit: 1 }),
  );
  return row ?? defaultPolicy;
}

/** The shortest password that this user may have, in characters; never below 8. Claim PWD-5. */
export async function minimumLength(
  env: Environment,
  userId: number,
  policy: Pick<SignInPolicy, "min_password_length" | "min_password_length_factor">,
): Promise<number> {
  const enforced = await factorEnforced(env, userId);
  return Math.max(8, enforced ? policy.min_password_length_factor : policy.min_password_length);
}

/** Makes the one row, so that administrators find it; does nothing when it is there. */
export async function ensureSignInPolicy(env: Environment): Promise<void> {
  await env.system("make the sign-in policy", async (system) => {
    if ((await system.of(policyModel).count([], { limit: 1 })) === 0)
      await system.of(policyModel).create([{}]);
  });
}
