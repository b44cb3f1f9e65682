import { datetime, many2one, selection, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/**
 * What happened to who may come in: sign-ins, factors, sessions, keys, blocks, the policy. Rows are only added
 * (security-log.ts) and swept when old; nobody holds a right to change or remove one.
 *
 * Holds no secret and nothing that an unknown person typed: now and then that is a password in the wrong field.
 */
export const securityLogModel = defineModel({
  name: "hf.security.log",
  label: "Sign-in log",
  displayName: "who",
  order: "at desc, id desc",
  searchFields: ["who", "source"],
  fields: {
    at: datetime({ label: "When", required: true, readonly: true, index: true }),
    /** One of `SecurityEvent`. */
    event: selection(
      [
        ["sign_in", "Sign-in"],
        ["second_factor", "2nd step"],
        ["signed_up", "Sign-up"],
        ["confirmation", "Confirmed"],
        ["throttled", "Throttled"],
        ["block_lifted", "Unblocked"],
        ["password_changed", "Password"],
        ["password_link_sent", "Link sent"],
        ["factor_changed", "Factors"],
        ["session_ended", "Signed out"],
        ["key_made", "Key made"],
        ["key_ended", "Key ended"],
        ["link_revoked", "Link ended"],
        ["links_rotated", "Link key"],
        ["policy_changed", "Policy"],
        ["provider_changed", "Provider"],
        ["access_changed", "Rights"],
        ["user_changed", "User"],
      ],
      { label: "What", required: true, readonly: true },
    ),
    /** `blocked`: not even checked, because of too many failures. */
    outcome: selection(
      [
        ["ok", "Done"],
        ["refused", "Refused"],
        ["blocked", "Blocked"],
      ],
      { label: "Outcome", required: true, readonly: true },
    ),
    /** Whose account it is about; empty when the login is nobody's. */
    user_id: many2one("res.users", { label: "User", readonly: true, index: true }),
    /** The account's login at that moment: it outlives a change of name. */
    who: text({ label: "Login", required: true, readonly: true, maxLength: 254 }),
    /** `password`, `passkey`, `oidc`, `ldap`, `link`, `key`, …; empty where it has no meaning. */
    method: text({ label: "By", readonly: true, maxLength: 64 }),
    /** As throttles count it: IPv6 by its /64. Empty for what no request caused. */
    source: text({ label: "Address", readonly: true, maxLength: 64 }),
    device: text({ label: "Device", readonly: true, maxLength: 64 }),
    /** Words of ours, never of the person: names of fields, counts, of whom it was. */
    detail: text({ label: "Details", readonly: true, maxLength: 500 }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.security.log": typeof securityLogModel;
  }
}
