import { createStore } from "../ui/store.ts";

/** Token that every changing request carries; given by `/web/app`. */
let csrf = "";

export function csrfToken(): string {
  return csrf;
}

export function setCsrfToken(token: string): void {
  csrf = token;
}

/** True while the dialog asks the person to sign in again; calls wait meanwhile. */
export const sessionEnded = createStore(false);
/** False after a request got no answer; true again with the next one that does. */
export const reachable = createStore(true);

/** True while the dialog asks the person to confirm that it is them; the calls that need it wait meanwhile. */
export const confirmationWanted = createStore(false);

let waiting: (() => void)[] = [];
let unconfirmed: ((given: boolean) => void)[] = [];

/** Resolves with true when the person has confirmed who they are, with false when they would rather not. */
export function confirmationGiven(): Promise<boolean> {
  confirmationWanted.set(true);
  return new Promise((resolve) => unconfirmed.push(resolve));
}

/** Lets the calls that waited for a confirmation go on, or fail. */
export function settleConfirmation(given: boolean): void {
  confirmationWanted.set(false);
  const calls = unconfirmed;
  unconfirmed = [];
  for (const go of calls) go(given);
}

/** Resolves when the person has signed in again: what they were editing is kept, and the call goes on. */
export function sessionRenewed(): Promise<void> {
  sessionEnded.set(true);
  return new Promise((resolve) => waiting.push(resolve));
}

/** Lets the waiting calls go on. */
export function renewSession(): void {
  sessionEnded.set(false);
  const calls = waiting;
  waiting = [];
  for (const go of calls) go();
}
