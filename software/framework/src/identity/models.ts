import {
  boolean,
  datetime,
  integer,
  json,
  longText,
  many2many,
  many2one,
  one2many,
  text,
} from "../model/field.ts";
import { defineModel, type Model } from "../model/model.ts";
import { accessVersionId, accessVersionModel } from "./access-version-model.ts";
import { factorModels } from "./factors/models.ts";
import { confirmedAndLogged, userGuard } from "./guarded-change.ts";
import { linkKeysModel } from "./link-keys-model.ts";
import { normalizeLogin } from "./login-name.ts";
import { pendingSignInModel } from "./pending-sign-in-model.ts";
import { policyModel } from "./policy-model.ts";
import { providerModels } from "./providers/models.ts";
import { securityLogModel } from "./security-log-model.ts";
import { sessionModel } from "./session-model.ts";

/** A person or a program that may sign in. Only the hash of a password is kept (claims PWD-1, PWD-2). */
export const usersModel = defineModel({
  name: "res.users",
  label: "User",
  displayName: "name",
  order: "name",
  guard: userGuard,
  searchFields: ["login"],
  fields: {
    name: text({ label: "Name", required: true }),
    /** Folded by `normalizeLogin` (login-name.ts) before it is stored or looked up. */
    login: text({ label: "Login", required: true, unique: true, maxLength: 254 }),
    /** Where invitations and resets go; the login when it is an address. */
    email: text({ label: "Email", maxLength: 254 }),
    active: boolean({ label: "Active", default: true }),
    partner_id: many2one("res.partner", { label: "Contact", onDelete: "restrict" }),
    company_id: many2one("res.company", { label: "Company", onDelete: "restrict" }),
    company_ids: many2many("res.company", { label: "Allowed companies" }),
    groups_id: many2many("res.groups", { label: "Groups" }),
    lang: text({ label: "Language", maxLength: 16, default: "en" }),
    tz: text({ label: "Time zone", maxLength: 64, default: "UTC" }),
    login_date: datetime({ label: "Last sign-in", readonly: true, copy: false }),
    password_hash: text({ label: "Password hash", secret: true, copy: false, maxLength: 512 }),
    password_date: datetime({ label: "Password set", readonly: true, copy: false }),
    /** Raised with each change of a password or factor: what was checked against an older one opens no session. */
    credential_version: integer({
      label: "Version of the credentials",
      required: true,
      default: 0,
      secret: true,
      copy: false,
    }),
    session_ids: one2many("hf.session", "user_id", { label: "Sessions" }),
    /** The same row for all; read with the user, so that whoever asks learns which rules bind in the same statement. */
    access_version_id: many2one("hf.access.version", {
      label: "State of access",
      required: true,
      secret: true,
      default: accessVersionId,
      onDelete: "keep",
      index: false,
      copy: false,
    }),
  },
  checks: [
    {
      fields: ["login"],
      violation: ({ login }) =>
        typeof login === "string" && normalizeLogin(login) === login
          ? undefined
          : "A login is written in small letters, without spaces around it or characters of control.",
    },
  ],
});

/** A group of users, as apps declare it; its row carries the key and makes it assignable. */
export const groupsModel = defineModel({
  name: "res.groups",
  label: "Group",
  displayName: "name",
  order: "name",
  guard: confirmedAndLogged({ event: "policy_changed", what: "group", fields: ["second_factor"] }),
  fields: {
    name: text({ label: "Name", required: true }),
    /** `<app>.<group>`. Never changes: actors are built from it. */
    key: text({ label: "Key", required: true, unique: true, readonly: true, maxLength: 128 }),
    second_factor: boolean({
      label: "Members need a second factor",
      help: "Who has none is led to set one up at the next sign-in, before anything else.",
    }),
  },
});

/** A key of the remote API: shown once when made, afterwards only its hash exists. */
export const apiKeysModel = defineModel({
  name: "res.users.apikeys",
  label: "API key",
  displayName: "name",
  order: "id desc",
  fields: {
    name: text({ label: "What it is for", required: true }),
    user_id: many2one("res.users", {
      label: "User",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    /** The first characters of the key: tells keys apart and finds the row. */
    prefix: text({ label: "Begins with", required: true, readonly: true, unique: true, maxLength: 16 }),
    key_hash: text({ label: "Hash", required: true, secret: true, maxLength: 64 }),
    scope: text({ label: "Scope", required: true, default: "rpc", maxLength: 32 }),
    read_only: boolean({ label: "May only read", default: false, readonly: true }),
    /** Names of models, one a line; empty: all that its user may use. */
    model_names: longText({ label: "Only these models", readonly: true }),
    expires_at: datetime({ label: "Expires" }),
    revoked: boolean({ label: "Revoked", default: false }),
    /** Calls within a minute, all workers together; 0: no limit of its own. */
    calls_per_minute: integer({ label: "Calls a minute", required: true, readonly: true, default: 0 }),
    /** The minute that is being counted, and how many calls of it were given out to workers. */
    minute_start: datetime({ label: "Counted since", readonly: true }),
    minute_calls: integer({ label: "Calls in that minute", required: true, readonly: true, default: 0 }),
    last_used_at: datetime({ label: "Last used", readonly: true }),
  },
});

/** How often someone tried a wrong password lately: one row per thing that is counted (claim PWD-4). */
export const throttleModel = defineModel({
  name: "hf.login.throttle",
  label: "Sign-in attempts",
  displayName: "subject",
  order: "last_at desc",
  fields: {
    /** `account+source`, `source` or `account`, and what it counts, in clear, for the administrator. */
    subject: text({ label: "Counted", required: true, readonly: true }),
    /** SHA-256 of the subject: two workers that count the same thing meet in one row. */
    key: text({ label: "Key", required: true, unique: true, secret: true, maxLength: 64 }),
    failures: integer({ label: "Failures", required: true, default: 0 }),
    /** Keyed digests (32 bits) of what was tried: the same wrong password counts once. */
    tried: json({ label: "Tried", secret: true }),
    window_start: datetime({ label: "Since", required: true }),
    last_at: datetime({ label: "Last", required: true }),
    blocked_until: datetime({ label: "Blocked until" }),
  },
});

/** One link that works without a session: listed, counted and revocable on its record (claim OWASP-8). */
export const linksModel = defineModel({
  name: "hf.link",
  label: "Signed link",
  displayName: "purpose",
  order: "id desc",
  fields: {
    purpose: text({ label: "Purpose", required: true, readonly: true, maxLength: 64 }),
    res_model: text({ label: "Model", required: true, readonly: true, index: true, maxLength: 128 }),
    res_id: integer({ label: "Record", required: true, readonly: true, index: true }),
    recipient: text({ label: "Recipient", required: true, readonly: true, maxLength: 254 }),
    /** What its page compares with the record before it shows it (links.ts); of no use to anybody else. */
    bound_to: text({ label: "Bound to", readonly: true, maxLength: 128 }),
    nonce: text({ label: "Nonce", required: true, secret: true, unique: true, maxLength: 32 }),
    expires_at: datetime({ label: "Expires", required: true, readonly: true }),
    uses: integer({ label: "Uses", required: true, default: 0, readonly: true }),
    /** 0: any number of times. */
    max_uses: integer({ label: "Most uses", required: true, default: 0, readonly: true }),
    last_used_at: datetime({ label: "Last used", readonly: true }),
    revoked: boolean({ label: "Revoked", default: false }),
    /** Number of the key that signs it; empty on links from before keys could be changed: 1. */
    key_version: integer({ label: "Version of its key", readonly: true, default: 1 }),
    /** Keyed digest of the network that asked for it, where strangers may ask: whose share of the room it takes. */
    asked_from: text({ label: "Asked from", secret: true, maxLength: 32 }),
  },
});

/** All models that identity owns; `base` lists them among its own. */
export const identityModels: readonly Model[] = [
  usersModel,
  accessVersionModel,
  groupsModel,
  sessionModel,
  pendingSignInModel,
  securityLogModel,
  apiKeysModel,
  throttleModel,
  linksModel,
  linkKeysModel,
  policyModel,
  ...factorModels,
  ...providerModels,
];

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "res.users": typeof usersModel;
    readonly "res.groups": typeof groupsModel;
    readonly "res.users.apikeys": typeof apiKeysModel;
    readonly "hf.login.throttle": typeof throttleModel;
    readonly "hf.link": typeof linksModel;
  }
}
