import { boolean, datetime, html, integer, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/**
 * The signed statement that a customer's key was destroyed, as the agent gave it out: exactly the certificate's bytes
 * are signed. Verified with openssl alone (docs/keys.md). Source: claim ENC-5.
 */
export const ShredCertificate = defineModel({
  name: "platform.shred.certificate",
  label: "Shred certificate",
  displayName: "subject",
  order: "shredded_at desc, id desc",
  fields: {
    subject: text({ label: "Of", required: true, maxLength: 200, readonly: true }),
    tenant_id: text({ label: "Tenant", required: true, unique: true, maxLength: 36, readonly: true }),
    key_id: text({ label: "Key", required: true, maxLength: 64, readonly: true }),
    places: integer({ label: "Places that held it", readonly: true }),
    shredded_at: datetime({ label: "Destroyed", required: true, readonly: true }),
    /** Whether the signature fitted the certificate when it was last looked at. */
    verified: boolean({ label: "Signature fits", default: false, readonly: true }),
    certificate: text({ label: "Certificate", required: true, maxLength: 4_000, readonly: true }),
    /** Base64 of an ECDSA signature (P-256, SHA-256, DER). */
    signature: text({ label: "Signature", required: true, maxLength: 400, readonly: true }),
    public_key: text({ label: "Public key", required: true, maxLength: 1_000, readonly: true }),
    /** A link to the page that gives the files out. */
    download: html({ label: "Download and verify", required: true, readonly: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.shred.certificate": typeof ShredCertificate;
  }
}
