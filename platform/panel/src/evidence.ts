import { boolean, datetime, integer, json, longText, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** The last measurement of one claim, and the last time that its saboteur was caught. */
export const Evidence = defineModel({
  name: "platform.evidence",
  label: "Claim",
  displayName: "claim",
  order: "sequence, claim",
  fields: {
    claim: text({ label: "Claim", required: true, unique: true, maxLength: 20, readonly: true }),
    sequence: integer({ label: "Sequence", required: true, default: 0, readonly: true }),
    promise: longText({ label: "Promise", required: true, readonly: true }),
    method: longText({ label: "How it is measured", readonly: true }),
    state: selection(
      [
        ["unknown", "Not measured"],
        ["pass", "Holds"],
        ["fail", "Does not hold"],
        ["not_applicable", "Does not apply"],
      ],
      { label: "State", required: true, default: "unknown", readonly: true },
    ),
    /** It holds here, but on parts that only pose as what the claim speaks of. */
    simulated: boolean({ label: "Simulated", default: false, readonly: true }),
    summary: longText({ label: "Evidence", readonly: true }),
    details: json({ label: "Details", readonly: true, groups: ["panel.operator"] }),
    measured_at: datetime({ label: "Measured", readonly: true }),
    measured_milliseconds: integer({ label: "Took (ms)", readonly: true }),
    max_age_minutes: integer({ label: "Valid for (min)", required: true, default: 60, readonly: true }),
    saboteur: selection(
      [
        ["not_run", "Not run"],
        ["caught", "Caught"],
        ["missed", "Missed"],
      ],
      { label: "Saboteur", required: true, default: "not_run", readonly: true },
    ),
    sabotaged_at: datetime({ label: "Saboteur run", readonly: true }),
    sabotage_summary: longText({ label: "What was broken", readonly: true }),
  },
});

/** What tells how a claim stands, and why. */
export const standingFields = [
  "claim",
  "promise",
  "state",
  "simulated",
  "summary",
  "measured_at",
  "max_age_minutes",
  "saboteur",
  "sabotaged_at",
  "sabotage_summary",
] as const;

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.evidence": typeof Evidence;
  }
}
