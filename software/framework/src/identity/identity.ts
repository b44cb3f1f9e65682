import type { Actor } from "../access/actor.ts";
import type { Environment } from "../model/environment.ts";

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
  /** More to do in the same transaction: using up the link that allowed it. */
  alsoInside?(env: Environment): Promise<void>;
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
  readonly sessionKey: string;
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
  /** Opens a session after {@link authenticate}; the one that the browser had before ends. */
  openSession(
    userId: number,
    from: { readonly source: string; readonly userAgent: string; readonly replaces?: string },
  ): Promise<NewSession>;
  /** @param id - as the cookie holds it. @returns null when unknown, ended, idle too long or of an inactive user. */
  session(id: string): Promise<CheckedSession | null>;
  /** @param key - of `Authorization: Bearer`. */
  apiKey(key: string): Promise<CheckedSession | null>;
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
  createApiKey(
    userId: number,
    name: string,
    options?: { readonly scope?: string; readonly days?: number },
  ): Promise<string>;
  /** Mails a link by which the person sets a password. An unknown login is answered alike and mails nothing. */
  requestReset(login: string, source: string): Promise<void>;
  /** The same mail in other words, for a new user. */
  invite(userId: number): Promise<void>;
  /** Removes what has ended: sessions, counts of tries. For a job, now and then. @returns how many rows. */
  sweep(): Promise<number>;
  /** Waits for mails that are still being written. */
  settle(): Promise<void>;
}
