import type { AccessRight, Group, RecordRule } from "../access/policy.ts";

/** The groups that identity itself speaks of; `base` declares them as its own. */
export const identityGroups: readonly Group[] = [
  { key: "base.public", label: "Visitor" },
  { key: "base.portal", label: "Portal user" },
  { key: "base.user", label: "Internal user" },
  { key: "base.admin", label: "Administrator", implies: ["base.user"] },
];

/** Who may do what with identity's models. Sessions, keys and links are made by code only, never by `create`. */
export const identityRights: readonly AccessRight[] = [
  { group: "base.user", model: "res.users", allow: ["read"] },
  { group: "base.portal", model: "res.users", allow: ["read"] },
  { group: "base.admin", model: "res.users", allow: ["read", "write", "create"] },
  { group: "base.user", model: "res.groups", allow: ["read"] },
  { group: "base.admin", model: "res.groups", allow: ["read", "write"] },
  { group: "base.user", model: "hf.session", allow: ["read", "delete"] },
  { group: "base.portal", model: "hf.session", allow: ["read", "delete"] },
  { group: "base.admin", model: "hf.security.log", allow: ["read"] },
  { group: "base.user", model: "res.users.apikeys", allow: ["read", "delete"] },
  { group: "base.admin", model: "hf.login.throttle", allow: ["read"] },
  { group: "base.admin", model: "hf.link", allow: ["read", "delete"] },
  { group: "base.admin", model: "hf.link.key", allow: ["read"] },
  { group: "base.admin", model: "hf.signin.policy", allow: ["read", "write"] },
  ...["hf.factor.totp", "hf.passkey", "hf.external.identity"].map(
    (model): AccessRight => ({ group: "base.admin", model, allow: ["read"] }),
  ),
  ...["hf.signin.provider", "hf.signin.provider.group"].map(
    (model): AccessRight => ({ group: "base.admin", model, allow: ["read"] }),
  ),
];

/** Own sessions and keys only; an administrator sees and ends those of all. */
export const identityRules: readonly RecordRule[] = [
  {
    key: "identity.users.portal",
    model: "res.users",
    label: "Portal users see themselves only",
    groups: ["base.portal"],
    condition: "id == actor.user_id",
  },
  {
    key: "identity.users.internal",
    model: "res.users",
    label: "Internal users see all users",
    groups: ["base.user"],
    condition: "true",
  },
  {
    key: "identity.session.own",
    model: "hf.session",
    label: "Everyone sees their own devices",
    groups: ["base.user", "base.portal"],
    condition: "user_id == actor.user_id",
  },
  {
    key: "identity.session.admin",
    model: "hf.session",
    label: "Administrators see all devices",
    groups: ["base.admin"],
    condition: "true",
  },
  {
    key: "identity.apikeys.own",
    model: "res.users.apikeys",
    label: "Everyone sees their own API keys",
    groups: ["base.user"],
    condition: "user_id == actor.user_id",
  },
  {
    key: "identity.apikeys.admin",
    model: "res.users.apikeys",
    label: "Administrators see all API keys",
    groups: ["base.admin"],
    condition: "true",
  },
];
