import {
  boolean,
  datetime,
  integer,
  longText,
  many2one,
  one2many,
  selection,
  text,
} from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";

/**
 * Somewhere else that people may sign in: an OpenID provider or a directory. Made and changed on a page of its own
 * (provider-routes.ts), which seals the secret and asks for recent confirmation; remote callers may only read it.
 */
export const providersModel = defineModel({
  name: "hf.signin.provider",
  label: "Sign-in provider",
  displayName: "name",
  order: "sequence, id",
  fields: {
    name: text({ label: "Name", required: true, readonly: true, maxLength: 60 }),
    kind: selection(
      [
        ["oidc", "OpenID Connect"],
        ["ldap", "LDAP directory"],
      ],
      { label: "Kind", required: true, readonly: true },
    ),
    active: boolean({ label: "In use", default: false, readonly: true }),
    sequence: integer({ label: "Order", required: true, default: 10, readonly: true }),
    /** OpenID: the issuer, below which the discovery document lies. LDAP: `ldaps://…`, or `ldap://…` with StartTLS. */
    url: text({ label: "Address", required: true, readonly: true, maxLength: 500 }),
    /** OpenID: the client's id. LDAP: the name that searches. */
    client_id: text({ label: "Client or bind name", required: true, readonly: true, maxLength: 500 }),
    secret_sealed: text({ label: "Secret", secret: true, maxLength: 2_048 }),
    /** PEM of a private authority, trusted for this provider alone and instead of the public ones. */
    ca_pem: longText({ label: "Authority", readonly: true }),
    allow_private: boolean({ label: "May lie in a private network", readonly: true }),
    /** LDAP: where users are searched. */
    base_dn: text({ label: "Base of the search", readonly: true, maxLength: 500 }),
    /** LDAP: a fixed condition besides the login. */
    user_filter: text({ label: "Condition on users", readonly: true, maxLength: 500 }),
    login_attribute: text({ label: "Attribute with the login", readonly: true, maxLength: 60 }),
    /** The claim or attribute that lists groups. */
    group_attribute: text({ label: "Claim with groups", readonly: true, maxLength: 60 }),
    link_by_mail: boolean({ label: "Links users of the same verified mail", readonly: true }),
    create_users: boolean({ label: "Lets in whoever the provider knows", readonly: true }),
    default_group_id: many2one("res.groups", { label: "Group of new users", readonly: true }),
    /** The provider asks for a second factor itself: ours is not asked for on top. */
    has_factor: boolean({ label: "Asks for a second factor itself", readonly: true }),
    group_ids: one2many("hf.signin.provider.group", "provider_id", { label: "Groups" }),
  },
});

/** Who holds this group there holds that one here; taken away here when it is taken away there. */
export const providerGroupsModel = defineModel({
  name: "hf.signin.provider.group",
  label: "Group of a provider",
  displayName: "value",
  order: "id",
  fields: {
    provider_id: many2one("hf.signin.provider", {
      label: "Provider",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    value: text({ label: "Group there", required: true, readonly: true, maxLength: 500 }),
    group_id: many2one("res.groups", {
      label: "Group here",
      required: true,
      readonly: true,
      onDelete: "cascade",
    }),
  },
});

/** Who a user is elsewhere. The subject never changes hands; a mail address may. */
export const externalIdentitiesModel = defineModel({
  name: "hf.external.identity",
  label: "Identity elsewhere",
  displayName: "label",
  order: "id",
  fields: {
    user_id: many2one("res.users", {
      label: "User",
      required: true,
      readonly: true,
      onDelete: "cascade",
      index: true,
    }),
    provider_id: many2one("hf.signin.provider", {
      label: "Provider",
      required: true,
      readonly: true,
      onDelete: "cascade",
    }),
    /** SHA-256 of provider, issuer and subject. */
    subject_key: text({ label: "Key", required: true, secret: true, unique: true, maxLength: 64 }),
    label: text({ label: "Known there as", required: true, readonly: true, maxLength: 254 }),
    last_at: datetime({ label: "Last sign-in", readonly: true }),
  },
});

/** Sign-in elsewhere. */
export const providerModels: readonly Model[] = [
  providersModel,
  providerGroupsModel,
  externalIdentitiesModel,
];

declare module "../../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.signin.provider": typeof providersModel;
    readonly "hf.signin.provider.group": typeof providerGroupsModel;
    readonly "hf.external.identity": typeof externalIdentitiesModel;
  }
}
