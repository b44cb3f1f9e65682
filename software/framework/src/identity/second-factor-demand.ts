import type { Environment } from "../model/environment.ts";
import type { FirstFactor } from "./sign-in.ts";

/**
 * The step between a right first factor and the session: which second factors does this sign-in need one of?
 *
 * Asked by every door that takes a password: pages then go on to `/web/login/factor`, doors of the remote API
 * refuse the password (programs bring a key).
 *
 * @returns names of factors (`totp`, `passkey`, `recovery`, …); none: the session opens.
 */
export async function demandedFactors(_env: Environment, _first: FirstFactor): Promise<readonly string[]> {
  return [];
}

/** Whether a user cannot sign in by password alone: then a shorter password will do (NIST SP 800-63B-4). */
export async function factorEnforced(_env: Environment, _userId: number): Promise<boolean> {
  return false;
}
