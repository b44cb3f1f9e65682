import type { Actor } from "../access/actor.ts";
import type { DataSource, Environment, Witness } from "../model/environment.ts";
import type { OpenedLink } from "./links.ts";
import type { PendingSignIn } from "./pending-sign-in.ts";
import type { EventOrigin } from "./security-log.ts";
import type { FirstFactor, SignInOrigin, SignInOutcome } from "./sign-in.ts";
import type { NewAccount } from "./sign-up/make-account.ts";
import type { Standing, Watched } from "./standing.ts";

/** One try to sign in. */
export interface SignInAttempt {
  /** The login; or the user's id, for doors whose clients name themselves so. */
  readonly login: string | number;
  /** A password; with `keys`, also an API key. */
  readonly secret: string;
  /** The client's address. */
  readonly source: string;
  /** Content of the cookie of a device that signed in before; empty without one. */
  readonly device?: string;
  /** Whether an API key may stand in for the password: the doors of the remote API. */
  readonly keys?: boolean;
}

export interface SetPasswordOptions {
  /** The session that goes on: the one in which a person changes their own password. */
  readonly keepSessionKey?: string;
  /** Whether the user's API keys die too; yes unless the person said no. */
  readonly endApiKeys?: boolean;
  /** By what means, for the log: `password`, `link`, `administrator`. */
  readonly method?: string;
  readonly from?: EventOrigin;
  /** More to do in the same transaction: using up the link that allowed it. */
  alsoInside?(env: Environment): Promise<void>;
}

/** How far an API key reaches, and how long. */
export interface ApiKeyOptions {
  readonly scope?: string;
  /** 1 to 730; 365 when absent. */
  readonly days?: number;
  /** Nothing may be changed with it. */
  readonly readOnly?: boolean;
  /** The only models that exist for it; all that its user may use when absent or empty. */
  readonly models?: readonly string[];
  /** All workers together; 0 or absent: no limit of its own. */
  readonly callsPerMinute?: number;
}

/** A new session: the only moment at which its id exists outside the browser. */
export interface NewSession {
  /** Values for `set-cookie`: the session and the device. */
  readonly cookies: readonly string[];
  /** The bare id, for clients that keep no cookies by attribute. */
  readonly id: string;
  /** Its hash, as in `hf.session`. */
  readonly sessionKey: string;
}

/** A session or key that was checked in this very request. */
export interface CheckedSession {
  readonly actor: Actor;
  /** The session's name for as long as it lives; empty for keys. */
  readonly sessionKey: string;
  /** Of a key: which one. */
  readonly keyId?: number;
  /** Values for `set-cookie`: the session has a new id from now on; the former one counts a little longer. */
  readonly cookies: readonly string[];
  /** What the same check would rest on; absent where it would write something. */
  readonly rests?: RestsOn | undefined;
}

/**
 * What was read to find out who asks. Whoever brings the same again is the same caller, as long as it reads the same
 * and `fresh` says that no limit of time has been reached.
 */
export interface RestsOn {
  readonly on: Witness;
  fresh(): boolean;
}

/** The session in which a person confirms who they are. */
export interface ConfirmedSession {
  readonly userId: number;
  readonly sessionKey: string;
  readonly from: EventOrigin;
}

/**
 * Who is who in one database. Every answer is read from it at the moment of the question: what is
 * revoked is dead at the next request, on every worker.
 */
export interface Identity {
  /**
   * Checks a password or key. Unknown, wrong and disabled are one answer, in one time.
   *
   * @returns the user's id, or null.
   * @throws ExpectedError `too_many` when throttled or when too many are being checked. Claims PWD-1, PWD-4.
   */
  authenticate(attempt: SignInAttempt): Promise<number | null>;
  /** @returns the actor of an active user, groups closed; null for all others. */
  actorOf(userId: number): Promise<Actor | null>;
  /**
   * Signs in by password for a browser: checked, then a second factor asked for or a session opened (sign-in.ts).
   *
   * @throws ExpectedError `too_many`.
   */
  signIn(attempt: SignInAttempt, from: SignInOrigin): Promise<SignInOutcome>;
  /** Goes on after any other first factor that was right: a passkey, an identity provider, a directory. */
  proceed(first: FirstFactor, from: SignInOrigin): Promise<SignInOutcome>;
  /** A sign-in that waits for its second factor. @param pendingId - content of the cookie. */
  pending(pendingId: string): Promise<PendingSignIn | null>;
  /** The second factor was right: opens the session. @param by - the factor's name, for the log. */
  finish(pendingId: string, by: string, from: SignInOrigin): Promise<SignInOutcome>;
  /**
   * Asks a signed-in person for their password again; the session then counts as confirmed and has a new id.
   *
   * @returns values for `set-cookie`, or null when the password is not right. @throws ExpectedError `too_many`.
   */
  confirm(attempt: SignInAttempt, session: ConfirmedSession): Promise<readonly string[] | null>;
  /** The same after a second factor that the caller has checked. @param by - the factor's name, for the log. */
  confirmed(session: ConfirmedSession, by: string): Promise<readonly string[]>;
  /** Opens a session with nothing checked: for code that has settled who it is, and for tests. */
  openSession(
    userId: number,
    from: { readonly source: string; readonly userAgent: string; readonly replaces?: string },
  ): Promise<NewSession>;
  /**
   * @param id - as the cookie holds it.
   * @param options - `rotate`: the caller can take a new id now and then, as browsers can; `on`: the request's own
   *   data, so that the check goes in one round trip with its first statement.
   * @returns null when unknown, ended, idle too long or of an inactive user.
   */
  session(
    id: string,
    options?: { readonly rotate: boolean; readonly on?: DataSource | undefined },
  ): Promise<CheckedSession | null>;
  /**
   * @param key - of `Authorization: Bearer`. The actor reaches no further than the key.
   * @throws ExpectedError `too_many` when the key has made its calls of this minute.
   */
  apiKey(key: string, options?: { readonly on?: DataSource }): Promise<CheckedSession | null>;
  /** Watches over something that takes a while: its signal tells when the right that it began by has ended. */
  watch(standing: Standing): Watched;
  /** Whether a right stands at this moment. */
  stands(standing: Standing): Promise<boolean>;
  /** @returns values for `set-cookie` that remove it. */
  endSession(sessionKey: string): Promise<readonly string[]>;
  /** @returns how many ended. */
  endSessionsOf(userId: number, exceptSessionKey?: string): Promise<number>;
  /**
   * Sets a password after checking it against the policy; all other sessions of the user end, reset links die.
   *
   * @throws ExpectedError `invalid` with what is wrong with it. Claim PWD-5.
   */
  setPassword(userId: number, password: string, options?: SetPasswordOptions): Promise<void>;
  /** @returns the key in clear: shown once, never again. */
  createApiKey(userId: number, name: string, options?: ApiKeyOptions): Promise<string>;
  /** Mails a link by which the person sets a password. An unknown login is answered alike and mails nothing. */
  requestReset(login: string, source: string): Promise<void>;
  /**
   * Mails a link by which somebody makes an account; to an address that has one, that it has. Answered alike.
   *
   * @throws ExpectedError `invalid` for what is no mail address, `too_many`.
   */
  requestSignUp(email: string, source: string): Promise<void>;
  /** Makes the account of who followed that link. @throws ExpectedError `invalid`, `not_found`. */
  makeAccount(link: OpenedLink, given: NewAccount): Promise<void>;
  /** The same mail in other words, for a new user. */
  invite(userId: number): Promise<void>;
  /** Removes what has ended: sessions, counts of tries. For a job, now and then. @returns how many rows. */
  sweep(): Promise<number>;
  /** Before the database is closed: ends what is under way by anybody's right, and waits for mails that are still being written. */
  settle(): Promise<void>;
}
