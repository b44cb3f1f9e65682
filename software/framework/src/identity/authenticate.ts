import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import { countedSource } from "../http/source-address.ts";
import type { DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import { findApiKey, looksLikeApiKey } from "./api-keys.ts";
import { genuineDevice, knownDevice } from "./device-cookie.ts";
import type { Turn } from "./few-at-once.ts";
import type { SignInAttempt } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { directoryFactor } from "./ldap/directory-factor.ts";
import { normalizeLogin } from "./login-name.ts";
import { usersModel } from "./models.ts";
import { parseHash } from "./password-hash.ts";
import { normalizePassword } from "./password-text.ts";
import { recordSignIn } from "./security-log.ts";
import type { FirstFactor } from "./sign-in.ts";
import { type SignInPolicy, signInPolicy } from "./signin-policy.ts";
import { type Counted, giveBack, takeTry } from "./throttle.ts";

type Candidate = Row<typeof usersModel, "login" | "password_hash" | "credential_version">;

/**
 * Checks a password or API key against what is stored.
 *
 * Every password costs the same: settings and user are read, the try is counted, a hash of the policy's rounds
 * is computed, whether the login exists, is archived, has a password, or not. Only the right answer does more.
 *
 * A wrong one is logged; a right one is logged by whoever goes on with it (sign-in.ts).
 *
 * @returns what was found right, or null.
 * @throws ExpectedError `too_many`. Source: claims PWD-1, PWD-4.
 */
export async function authenticate(
  parts: IdentityParts,
  attempt: SignInAttempt & { readonly userAgent?: string },
): Promise<FirstFactor | null> {
  if (attempt.keys === true && looksLikeApiKey(attempt.secret)) return byApiKey(parts, attempt);
  const env = parts.data.reading(publicActor);
  const [policy, user] = await turnOf(
    parts,
    attempt,
  )(() => Promise.all([signInPolicy(env), candidate(env, attempt.login)]));
  const password = normalizePassword(attempt.secret);
  if (attempt.keys === true && remembered(parts, user, password)) return firstFactor(user, "remembered");
  const account = user?.login ?? nameOf(attempt.login);
  const tries = triesOf(parts, { attempt, account, user, policy });
  // A device of one's own is no way past the strangers' queue to other people's accounts.
  const turn: Turn = tries.fromKnownDevice ? (work) => work() : parts.inTurn;
  const tried = { attempt: `${account}\n${attempt.secret.slice(0, 2_000)}`, key: parts.key("throttle") };
  const times = { windowMinutes: policy.window_minutes, cooldownMinutes: policy.cooldown_minutes };
  const whose = {
    userId: user?.id ?? null,
    from: { source: attempt.source, userAgent: attempt.userAgent ?? "" },
  };
  const counted = [...tries.own, ...tries.shared];
  const stored = user?.password_hash ?? null;
  const lane = tries.fromKnownDevice ? "known" : "unknown";
  parts.hasher.expectRoom(lane);
  const delayMilliseconds = await turn(() => takeTry(parts.data, counted, { ...tried, ...times, ...whose }));
  const [right, elsewhere] = await uncountedIfBusy(
    parts,
    async () => {
      await parts.holdUp(delayMilliseconds);
      return Promise.all([
        parts.hasher.verify(password ?? "", stored, { rounds: policy.pbkdf2_rounds, lane }),
        directoryFactor(parts, {
          login: nameOf(attempt.login),
          password: attempt.secret,
          user: user && { id: user.id, hasPassword: stored !== null },
        }),
      ]);
    },
    { counted, tried, turn },
  );
  if (elsewhere !== null) {
    await turn(() => giveBack(parts.data, tries, tried));
    return elsewhere;
  }
  if (!right || user === undefined || stored === null || password === undefined) {
    await turn(() => recordRefusal(parts, user?.id ?? null, attempt));
    return null;
  }
  await turn(() => giveBack(parts.data, tries, tried));
  await rehash(parts, { user, stored, password, rounds: policy.pbkdf2_rounds });
  parts.verified.add(password, stored, parts.clock.now());
  return firstFactor(user, "password");
}

/** Until it is known whose account is tried, whoever brings a device cookie of ours waits behind no stranger. */
function turnOf(parts: IdentityParts, { device = "" }: SignInAttempt): Turn {
  const genuine = genuineDevice(parts.key("devices"), device, parts.clock.now());
  return genuine ? (work) => work() : parts.inTurn;
}

/** A try that was counted and then not checked, because too many wait, was none. */
async function uncountedIfBusy<T>(
  parts: IdentityParts,
  work: () => Promise<T>,
  given: {
    readonly counted: readonly Counted[];
    readonly tried: { readonly attempt: string; readonly key: Uint8Array };
    readonly turn: Turn;
  },
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "too_many")
      await given.turn(() => giveBack(parts.data, { own: [], shared: given.counted }, given.tried));
    throw error;
  }
}

function firstFactor(user: Candidate | undefined, method: string): FirstFactor | null {
  return user === undefined ? null : { userId: user.id, credentialVersion: user.credential_version, method };
}

function recordRefusal(
  { data }: IdentityParts,
  userId: number | null,
  { source, userAgent = "" }: SignInAttempt & { readonly userAgent?: string },
): Promise<void> {
  const from = { source, userAgent };
  return data.writing(publicActor, (env) =>
    recordSignIn(env, { outcome: "refused", userId, method: "password", from }),
  );
}

async function byApiKey(parts: IdentityParts, attempt: SignInAttempt): Promise<FirstFactor | null> {
  const key = await findApiKey(parts.data, attempt.secret);
  if (key === null) return null;
  const user = await candidate(parts.data.reading(publicActor), attempt.login);
  return user?.id === key.userId ? firstFactor(user, "key") : null;
}

async function candidate(env: Environment, login: string | number): Promise<Candidate | undefined> {
  const who: DomainOf<typeof usersModel> =
    typeof login === "string" ? [["login", "=", normalizeLogin(login) ?? ""]] : [["id", "=", login]];
  const rows = await env.system("find who wants to sign in", (system) =>
    system
      .of(usersModel)
      .searchRead([...who, ["active", "=", true]], ["login", "password_hash", "credential_version"], {
        limit: 1,
      }),
  );
  return rows[0];
}

/** What tries of a login that is nobody's are counted by. */
function nameOf(login: string | number): string {
  return typeof login === "string" ? (normalizeLogin(login) ?? "") : `user ${login}`;
}

function remembered(
  parts: IdentityParts,
  user: Candidate | undefined,
  password: string | undefined,
): boolean {
  if (user?.password_hash == null || password === undefined) return false;
  return parts.verified.has(password, user.password_hash, parts.clock.now());
}

interface Tries {
  readonly own: readonly Counted[];
  readonly shared: readonly Counted[];
  readonly fromKnownDevice: boolean;
}

/** A device that signed in before is counted for itself; all others by account and source, and by source. */
function triesOf(
  parts: IdentityParts,
  given: { attempt: SignInAttempt; account: string; user: Candidate | undefined; policy: SignInPolicy },
): Tries {
  const { attempt, account, user, policy } = given;
  const device =
    user === undefined
      ? undefined
      : knownDevice(parts.key("devices"), attempt.device ?? "", {
          userId: user.id,
          nowMs: parts.clock.now(),
        });
  const source = countedSource(attempt.source);
  const where = device === undefined ? source : `known device ${device.slice(0, 8)}`;
  const shown = `${user?.login ?? "an unknown login"} from ${where}`;
  const own =
    policy.max_failures === 0
      ? []
      : [{ subject: `${account} from ${where}`, shown, most: policy.max_failures }];
  const all = `all from ${source}`;
  const anywhere: Counted = {
    subject: `${account} from anywhere`,
    shown: `${user?.login ?? "an unknown login"} from anywhere`,
    most: policy.max_account_failures,
    softly: true,
  };
  const shared =
    device === undefined ? [{ subject: all, shown: all, most: policy.max_source_failures }, anywhere] : [];
  return { own, shared, fromKnownDevice: device !== undefined };
}

/** A hash of fewer rounds than the policy is made anew, now that the password is here; sessions stay. */
async function rehash(
  parts: IdentityParts,
  given: { user: Candidate; stored: string; password: string; rounds: number },
): Promise<void> {
  if ((parseHash(given.stored)?.rounds ?? 0) >= given.rounds) return;
  const fresh = await parts.hasher.hash(given.password, given.rounds);
  await parts.data.writing(publicActor, (env) =>
    env.system("store a password with more rounds", async (system) => {
      const users = system.of(usersModel);
      const [now] = await users.searchRead([["id", "=", given.user.id]], ["password_hash"], { limit: 1 });
      if (now?.password_hash === given.stored) await users.write([given.user.id], { password_hash: fresh });
    }),
  );
}
