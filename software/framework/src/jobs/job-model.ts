import { datetime, integer, json, longText, many2one, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/** A call that is made later, by the right of whoever asked for it: the right is asked again when it runs. */
export const jobModel = defineModel({
  name: "hf.job",
  label: "Job",
  displayName: "method",
  order: "id desc",
  fields: {
    user_id: many2one("res.users", {
      label: "User",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    /** The session or API key that it was asked for with: when that has ended, the job has too. */
    session_key: text({ label: "Session", secret: true, maxLength: 64 }),
    key_id: integer({ label: "API key", secret: true }),
    model: text({ label: "Model", required: true, readonly: true, maxLength: 128 }),
    method: text({ label: "Method", required: true, readonly: true, maxLength: 128 }),
    args: json({ label: "Arguments", secret: true }),
    kwargs: json({ label: "Named arguments", secret: true }),
    /** `queued`, `running`, `done`, `failed`; `refused`: the right had ended. */
    state: text({ label: "State", required: true, readonly: true, index: true, maxLength: 16 }),
    /** Told by own-job.ts alone, to who holds today what {@link held} says. */
    result: json({ label: "Result", secret: true }),
    /** Groups and companies of whoever asked, as they were when it ran. */
    held: json({ label: "Rights that it ran by", secret: true }),
    error: longText({ label: "Why it failed", readonly: true }),
    queued_at: datetime({ label: "Asked for", required: true, readonly: true }),
    done_at: datetime({ label: "Done", readonly: true }),
    /** Until when the process that runs it is believed to be alive. */
    lease_until: datetime({ label: "Held until", secret: true }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.job": typeof jobModel;
  }
}
