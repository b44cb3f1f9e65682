import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";

/** How long a password or factor that was given counts for sensitive actions. */
export const confirmationMinutes = 10;

/**
 * Refuses unless the person gave their password or a second factor in the last {@link confirmationMinutes}.
 *
 * A route says `recent: true`, a remote method `recent: true`, and this is called for them; any other code may
 * call it with `env.actor`. What follows is the same for all: a browser's page is led to `/web/confirm` and back;
 * JSON is answered 403 `confirmation_needed` (JSON-RPC: `holdfast.exceptions.ConfirmationNeeded`), upon which the
 * web client asks in a dialog, posts to `/web/session/confirm` and calls again.
 *
 * API keys confirm nothing: sensitive actions are for people. Code of ours (system actors made by no person) passes.
 *
 * @throws ExpectedError `confirmation_needed`.
 */
export function requireRecentConfirmation(actor: Actor, nowMs: number): void {
  if (actor.kind === "system" && actor.userId === null) return;
  if (nowMs - (actor.confirmedAtMs ?? Number.NEGATIVE_INFINITY) <= confirmationMinutes * 60_000) return;
  throw new ExpectedError("confirmation_needed", "Confirm that it is you: this needs your password again.", {
    hint: "Confirm, then try again. Programs with an API key cannot do this.",
  });
}
