import { createHmac } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { RegistrationResponseJSON } from "@simplewebauthn/server";
import { publicActor } from "../../access/actor.ts";
import type { Environment } from "../../model/environment.ts";
import type { Values } from "../../model/model.ts";
import { type FactorParts, factorKey, relyingParty } from "../factors/factor-parts.ts";
import { passkeysModel } from "../factors/models.ts";
import { newChallenge, takeChallenge } from "./challenge.ts";
import { webAuthn } from "./web-authn.ts";

const maxPasskeys = 20;
const timeoutMilliseconds = 300_000;
/** EdDSA, ECDSA P-256, RSA: what authenticators have. */
const algorithms = [-8, -7, -257];

/** Who is to get a passkey. */
export interface PasskeyOwner {
  readonly userId: number;
  readonly login: string;
  readonly name: string;
}

/** What the browser's `navigator.credentials.create` is asked, as JSON. @param binding - the page's form token. */
export async function registrationOptions(
  parts: FactorParts,
  env: Environment,
  { owner, binding }: { readonly owner: PasskeyOwner; readonly binding: string },
) {
  const there = await env.system("see which passkeys a user has", (system) =>
    system
      .of(passkeysModel)
      .searchRead([["user_id", "=", owner.userId]], ["credential_id"], { limit: maxPasskeys }),
  );
  const challenge = newChallenge(parts, env, { purpose: purposeOf(owner.userId), binding });
  return {
    challenge,
    rp: { id: relyingParty(parts), name: parts.name },
    user: { id: userHandle(parts, owner.userId), name: owner.login, displayName: owner.name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
    timeout: timeoutMilliseconds,
    attestation: "none",
    excludeCredentials: there.map((row) => ({ type: "public-key", id: row.credential_id })),
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
  };
}

/** A passkey that was checked and waits to be stored. */
export interface VerifiedPasskey {
  /** In the caller's transaction. @throws ExpectedError `invalid` beyond the most, or when it is known already. */
  store(env: Environment): Promise<void>;
}

/**
 * Checks what the browser answered; outside a transaction, since it uses the challenge up in one of its own.
 *
 * @param given.name - as the person calls it.
 * @throws ExpectedError `invalid`: refused, another challenge, another site.
 */
export async function registerPasskey(
  parts: FactorParts,
  given: {
    readonly owner: PasskeyOwner;
    readonly answer: string;
    readonly binding: string;
    readonly name: string;
  },
): Promise<VerifiedPasskey> {
  const { userId } = given.owner;
  const env = parts.data.reading(publicActor);
  const { verifyRegistrationResponse } = await webAuthn();
  const checks = { purpose: purposeOf(userId), binding: given.binding };
  const verified = await verifyRegistrationResponse({
    response: answerOf(given.answer),
    expectedChallenge: (challenge) => takeChallenge(parts, env, { challenge, ...checks }),
    expectedOrigin: parts.baseUrl,
    expectedRPID: relyingParty(parts),
    requireUserVerification: false,
    supportedAlgorithmIDs: algorithms,
  }).catch((cause: unknown) => {
    throw notTaken(cause);
  });
  if (!verified.verified) throw notTaken(undefined);
  const { credential, credentialBackedUp, credentialDeviceType } = verified.registrationInfo;
  const values = {
    name: given.name,
    user_id: userId,
    credential_id: credential.id,
    public_key: Buffer.from(credential.publicKey).toString("base64url"),
    transports: [...(credential.transports ?? [])],
    sign_count: String(credential.counter),
    backup_eligible: credentialDeviceType === "multiDevice",
    backed_up: credentialBackedUp,
  };
  return { store: (writing) => store(writing, values) };
}

function store(env: Environment, values: Values<typeof passkeysModel> & { readonly user_id: number }) {
  return env.system("store a passkey", async (system) => {
    const passkeys = system.of(passkeysModel);
    if ((await passkeys.count([["user_id", "=", values.user_id]])) >= maxPasskeys)
      throw new ExpectedError("invalid", `You have ${maxPasskeys} passkeys already.`, {
        hint: "Remove one that you no longer use.",
      });
    await passkeys.create([values]);
  });
}

/** What a passkey says of its owner: tells nothing to who reads it, and is the same for all of one person's. */
export function userHandle(parts: Pick<FactorParts, "key">, userId: number): string {
  return createHmac("sha256", factorKey(parts)).update(`user handle ${userId}`).digest("base64url");
}

function purposeOf(userId: number): string {
  return `register for ${userId}`;
}

function answerOf(text: string): RegistrationResponseJSON {
  try {
    return JSON.parse(text) as RegistrationResponseJSON;
  } catch (cause) {
    throw notTaken(cause);
  }
}

function notTaken(cause: unknown): ExpectedError {
  return new ExpectedError("invalid", "This passkey was not accepted.", {
    hint: "Reload the page and try again.",
    cause,
  });
}
