import { ExpectedError } from "@holdfast/kernel/errors";
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { publicActor } from "../../access/actor.ts";
import type { Environment } from "../../model/environment.ts";
import type { Row } from "../../model/model.ts";
import { type FactorParts, relyingParty } from "../factors/factor-parts.ts";
import { passkeysModel } from "../factors/models.ts";
import { usersModel } from "../models.ts";
import { newChallenge, takeChallenge } from "./challenge.ts";
import { userHandle } from "./register.ts";
import { webAuthn } from "./web-authn.ts";

const timeoutMilliseconds = 300_000;
const maxPasskeys = 20;
const rowFields = [
  "user_id",
  "credential_id",
  "public_key",
  "sign_count",
  "backup_eligible",
  "transports",
] as const;
type PasskeyRow = Row<typeof passkeysModel, (typeof rowFields)[number]>;

/** For what a passkey is used: alone, then it must verify its person; or after a password, by a known user. */
export type PasskeyUse = { readonly kind: "alone" } | { readonly kind: "second"; readonly userId: number };

/** What the browser's `navigator.credentials.get` is asked, as JSON. Alone, it names no credential: tells nothing. */
export async function assertionOptions(
  parts: FactorParts,
  env: Environment,
  { use, binding }: { readonly use: PasskeyUse; readonly binding: string },
) {
  const challenge = newChallenge(parts, env, { purpose: purposeOf(use), binding });
  const common = { challenge, rpId: relyingParty(parts), timeout: timeoutMilliseconds };
  if (use.kind === "alone") return { ...common, userVerification: "required", allowCredentials: [] };
  const rows = await env.system("see which passkeys may be the second factor", (system) =>
    system.of(passkeysModel).searchRead([["user_id", "=", use.userId]], rowFields, { limit: maxPasskeys }),
  );
  const allowCredentials = rows.map((row) => ({
    type: "public-key",
    id: row.credential_id,
    transports: row.transports,
  }));
  return { ...common, userVerification: "preferred", allowCredentials };
}

/**
 * Checks what the browser answered: our challenge, once; our origin and host; the stored key's signature; a count
 * that moved on; for a sole sign-in that the device verified its person.
 *
 * @returns the passkey's active user and the version of their credentials as it was read with the key, or null:
 * refused, for whatever reason.
 */
export async function userOfAssertion(
  parts: FactorParts,
  given: { readonly answer: string; readonly use: PasskeyUse; readonly binding: string },
): Promise<{ readonly userId: number; readonly credentialVersion: number } | null> {
  const answer = answerOf(given.answer);
  if (answer === undefined) return null;
  const reading = parts.data.reading(publicActor);
  const row = await passkey(reading, answer.id);
  if (row === undefined || !fits(parts, given.use, { row, answer })) return null;
  const owner = await ownerOf(reading, row.user_id.id);
  const uses = await verifiedUses(parts, reading, { ...given, answer, row });
  if (owner === undefined || uses === undefined || !(await noteUse(parts, row, uses))) return null;
  return { userId: owner.id, credentialVersion: owner.credential_version };
}

async function ownerOf(env: Environment, userId: number) {
  const [owner] = await env.system("see whose passkey it is", (system) =>
    system.of(usersModel).searchRead([["id", "=", userId]], ["credential_version"], { limit: 1 }),
  );
  return owner;
}

function fits(
  parts: FactorParts,
  use: PasskeyUse,
  { row, answer }: { readonly row: PasskeyRow; readonly answer: AuthenticationResponseJSON },
): boolean {
  const handle = answer.response?.userHandle;
  if (handle !== undefined && handle !== null && handle !== userHandle(parts, row.user_id.id)) return false;
  return use.kind === "alone" ? typeof handle === "string" : row.user_id.id === use.userId;
}

interface Uses {
  readonly count: number;
  readonly backedUp: boolean;
}

async function verifiedUses(
  parts: FactorParts,
  env: Environment,
  given: {
    readonly answer: AuthenticationResponseJSON;
    readonly row: PasskeyRow;
    readonly use: PasskeyUse;
    readonly binding: string;
  },
): Promise<Uses | undefined> {
  const { verifyAuthenticationResponse } = await webAuthn();
  const { row } = given;
  const checks = { purpose: purposeOf(given.use), binding: given.binding };
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: given.answer,
      expectedChallenge: (challenge) => takeChallenge(parts, env, { challenge, ...checks }),
      expectedOrigin: parts.baseUrl,
      expectedRPID: relyingParty(parts),
      credential: {
        id: row.credential_id,
        publicKey: Buffer.from(row.public_key, "base64url"),
        counter: Number(row.sign_count),
      },
      requireUserVerification: given.use.kind === "alone",
    });
    const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo;
    // Whether a key can be synced is fixed at its birth (WebAuthn 3, 6.1.3): another answer is another key's.
    const sameKind = (credentialDeviceType === "multiDevice") === row.backup_eligible;
    return verified && sameKind ? { count: newCounter, backedUp: credentialBackedUp } : undefined;
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    return undefined;
  }
}

/** @returns false when another use of the same key came first: one of the two is a clone's, or a replay. */
function noteUse(parts: FactorParts, row: PasskeyRow, { count, backedUp }: Uses): Promise<boolean> {
  return parts.data.writing(publicActor, (env) =>
    env.system("note the use of a passkey", async (system) => {
      const [now] = await system
        .of(passkeysModel)
        .searchRead([["id", "=", row.id]], ["sign_count"], { limit: 1 });
      if (now === undefined || (count > 0 && count <= Number(now.sign_count))) return false;
      const at = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
      const values = { sign_count: String(count), backed_up: backedUp, last_used_at: at };
      await system.of(passkeysModel).write([row.id], values);
      return true;
    }),
  );
}

async function passkey(env: Environment, credentialId: unknown): Promise<PasskeyRow | undefined> {
  if (typeof credentialId !== "string" || !/^[A-Za-z0-9_-]{1,1364}$/.test(credentialId)) return undefined;
  const rows = await env.system("find a passkey", (system) =>
    system.of(passkeysModel).searchRead([["credential_id", "=", credentialId]], rowFields, { limit: 1 }),
  );
  return rows[0];
}

function purposeOf(use: PasskeyUse): string {
  return use.kind === "alone" ? "sign in" : `second factor of ${use.userId}`;
}

function answerOf(text: string): AuthenticationResponseJSON | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as AuthenticationResponseJSON) : undefined;
  } catch {
    return undefined;
  }
}
