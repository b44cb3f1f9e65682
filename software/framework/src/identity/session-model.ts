import { datetime, many2one, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/**
 * One signed-in device. The cookie holds 256 random bits, the row only their SHA-256, so who reads the
 * table cannot take a session over. Deleting the row ends it at the next request on every worker.
 */
export const sessionModel = defineModel({
  name: "hf.session",
  label: "Session",
  displayName: "device",
  order: "seen_at desc",
  fields: {
    /** Names the session for as long as it lives, whatever its id is by now: SHA-256 of its first id. */
    session_key: text({ label: "Key", secret: true, unique: true, maxLength: 64 }),
    /** SHA-256 of the id that counts. */
    token_hash: text({ label: "Hash", required: true, secret: true, unique: true, maxLength: 64 }),
    /** SHA-256 of the id before the last rotation: requests that were under way still bring it. */
    former_hash: text({ label: "Former hash", secret: true, index: true, maxLength: 64 }),
    /** Until when the former id counts; set once the new one was seen, so that a lost answer signs nobody out. */
    former_until: datetime({ label: "Former id counts until", secret: true }),
    rotated_at: datetime({ label: "Id changed", readonly: true }),
    user_id: many2one("res.users", {
      label: "User",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    device: text({ label: "Device", required: true, readonly: true, default: "Unknown device" }),
    source: text({ label: "Address", required: true, readonly: true, maxLength: 64 }),
    created_at: datetime({ label: "Signed in", required: true, readonly: true }),
    /** When the password or a second factor was last given: sensitive actions ask again after ten minutes. */
    confirmed_at: datetime({ label: "Confirmed", readonly: true }),
    /** Kept to the minute, so that reading does not write at every request. */
    seen_at: datetime({ label: "Last seen", required: true, readonly: true }),
    /** The idle limit: moved forward while used. */
    idle_until: datetime({ label: "Ends when idle", required: true, readonly: true }),
    /** The absolute limit: never moved. */
    expires_at: datetime({ label: "Ends", required: true, readonly: true }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.session": typeof sessionModel;
  }
}
