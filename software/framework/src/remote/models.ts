import { datetime, json, many2one, text } from "../model/field.ts";
import { defineModel, type Model } from "../model/model.ts";

/** A call that was made under a key of its caller's, with what it answered: made again, it does nothing again. */
export const onceModel = defineModel({
  name: "hf.api.once",
  label: "Call made once",
  displayName: "method",
  order: "id desc",
  fields: {
    /** SHA-256 of the caller and the caller's key: two calls at once meet in one row. */
    key_hash: text({ label: "Key", required: true, unique: true, secret: true, maxLength: 64 }),
    user_id: many2one("res.users", { label: "Caller", required: true, onDelete: "cascade" }),
    method: text({ label: "Called", required: true, readonly: true, maxLength: 256 }),
    /** SHA-256 of the call: the same key with another call is refused. */
    call_hash: text({ label: "Call", required: true, secret: true, maxLength: 64 }),
    result: json({ label: "Answer", secret: true }),
    /** The groups that the caller held: an answer is not given to one who has lost any of them. */
    groups: json({ label: "Groups of the caller", secret: true }),
    expires_at: datetime({ label: "Kept until", required: true, readonly: true, index: true }),
  },
});

/** Models that the remote API owns; `base` lists them among its own. */
export const remoteModels: readonly Model[] = [onceModel];

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.api.once": typeof onceModel;
  }
}
