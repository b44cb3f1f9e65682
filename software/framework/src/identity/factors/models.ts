import { boolean, datetime, integer, json, many2one, text } from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";

const owner = {
  label: "User",
  required: true,
  readonly: true,
  onDelete: "cascade",
  index: true,
} as const;

/** An authenticator app of one person; at most one each. The secret is sealed with the tenant's key. */
export const totpModel = defineModel({
  name: "hf.factor.totp",
  label: "Authenticator app",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true, readonly: true, default: "Authenticator app" }),
    user_id: many2one("res.users", { ...owner, unique: true }),
    secret_sealed: text({ label: "Secret", required: true, secret: true, maxLength: 256 }),
    /** The step of the last code that was taken: none is taken twice. */
    last_step: integer({ label: "Last step", required: true, secret: true }),
    last_used_at: datetime({ label: "Last used", readonly: true }),
  },
});

/** One recovery code: works once, kept only as a keyed hash, shown once when made. */
export const recoveryCodesModel = defineModel({
  name: "hf.factor.recovery",
  label: "Recovery code",
  displayName: "code_hash",
  order: "id",
  fields: {
    user_id: many2one("res.users", owner),
    code_hash: text({ label: "Hash", required: true, secret: true, unique: true, maxLength: 64 }),
  },
});

/** A passkey: the public half of a key pair that a device or security key holds. Nothing here is worth stealing. */
export const passkeysModel = defineModel({
  name: "hf.passkey",
  label: "Passkey",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true, readonly: true, maxLength: 100 }),
    user_id: many2one("res.users", owner),
    credential_id: text({
      label: "Credential",
      required: true,
      secret: true,
      unique: true,
      maxLength: 1_364,
    }),
    /** COSE, base64url. */
    public_key: text({ label: "Public key", required: true, secret: true, maxLength: 8_192 }),
    transports: json({ label: "Transports", secret: true }),
    /** As the authenticator counts its uses; text, since it has 32 bits without sign. */
    sign_count: text({ label: "Uses counted by the key", required: true, secret: true, maxLength: 10 }),
    /** May exist on several devices of its owner: a synced passkey. Never changes for one key. */
    backup_eligible: boolean({ label: "Can be synced", readonly: true }),
    backed_up: boolean({ label: "Synced", readonly: true }),
    last_used_at: datetime({ label: "Last used", readonly: true }),
  },
});

/** What may be used only once: challenges of passkeys, states of sign-ins elsewhere. Swept when its time is over. */
export const usedTokensModel = defineModel({
  name: "hf.used.token",
  label: "Used once",
  displayName: "digest",
  order: "id",
  fields: {
    digest: text({ label: "Digest", required: true, secret: true, unique: true, maxLength: 64 }),
    expires_at: datetime({ label: "Forgotten after", required: true, index: true }),
  },
});

/** Second factors and what they need. */
export const factorModels: readonly Model[] = [totpModel, recoveryCodesModel, passkeysModel, usedTokensModel];

declare module "../../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.factor.totp": typeof totpModel;
    readonly "hf.factor.recovery": typeof recoveryCodesModel;
    readonly "hf.passkey": typeof passkeysModel;
    readonly "hf.used.token": typeof usedTokensModel;
  }
}
