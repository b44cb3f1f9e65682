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

let waiting: (() => void)[] = [];

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
