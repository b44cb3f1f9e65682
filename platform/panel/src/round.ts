import { datetime, integer, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/**
 * Work that comes round again by itself (backups, proofs, alarms, …) and when it last came to its end. That
 * it did not is an alarm; that nobody looks for alarms any more is shown by the pages that read this.
 */
export const Round = defineModel({
  name: "platform.round",
  label: "Round",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Round", required: true, unique: true, maxLength: 60, readonly: true }),
    /** How often it comes; silent after {@link silentRounds} times that. */
    every_seconds: integer({ label: "Every (s)", required: true, readonly: true }),
    ended_at: datetime({ label: "Last ended", required: true, readonly: true }),
  },
});

/** A round that was missed so often in a row is silent. */
export const silentRounds = 5;

/** The round that looks for alarms. */
export const lookOutRound = "look out for alarms";

/** The round that finds the keystore and all its replicas whole. */
export const keystoreRound = "find every key in every place";

/** The round that finds that the operator has checked the recovery file where it is kept. */
export const recoveryRound = "find that the recovery file was checked";

/** The round that finds one list of erased persons of each customer, and not two under different keys. */
export const erasedRound = "find one list of erased persons of each customer";

/** @param nowMs - milliseconds since the epoch. @returns whether it has been missed too often. */
export function isSilent(
  round: { readonly every_seconds: number; readonly ended_at: Temporal.Instant },
  nowMs: number,
): boolean {
  return nowMs - round.ended_at.epochMilliseconds > silentRounds * round.every_seconds * 1_000;
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.round": typeof Round;
  }
}
