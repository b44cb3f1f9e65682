import { datetime, integer, many2one, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/**
 * A sign-in whose first factor was right and whose second is awaited. No session exists yet: the row opens
 * nothing but the page of the second factor, for ten minutes. The cookie holds 256 random bits, the row their hash.
 */
export const pendingSignInModel = defineModel({
  name: "hf.signin.pending",
  label: "Sign-in under way",
  displayName: "method",
  order: "id",
  fields: {
    token_hash: text({ label: "Hash", required: true, secret: true, unique: true, maxLength: 64 }),
    user_id: many2one("res.users", {
      label: "User",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    /** What the first factor was. */
    method: text({ label: "First factor", required: true, readonly: true, maxLength: 64 }),
    /** The user's `credential_version` when it was checked: a change since then ends this sign-in. */
    credential_version: integer({ label: "Version of the credentials", required: true, secret: true }),
    /** Names of the second factors that are accepted, separated by spaces. */
    factors: text({ label: "Second factors", required: true, readonly: true, maxLength: 200 }),
    /** Where the person wanted to go. */
    next: text({ label: "Goes on to", required: true, readonly: true, maxLength: 2_048 }),
    expires_at: datetime({ label: "Ends", required: true, readonly: true, index: true }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.signin.pending": typeof pendingSignInModel;
  }
}
