import { datetime, integer, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/**
 * Versions of the key that signs links (claim OWASP-8). No key is stored: each is derived from the tenant's key and
 * its number. Without a row, version 1 signs.
 */
export const linkKeysModel = defineModel({
  name: "hf.link.key",
  label: "Version of the key of signed links",
  displayName: "name",
  order: "version desc",
  fields: {
    name: text({ label: "Name", required: true, readonly: true, default: "Key of signed links" }),
    version: integer({ label: "Version", required: true, readonly: true, unique: true }),
    /** Empty: it signs new links. From this moment on no link that it signed works. */
    ends_at: datetime({ label: "Its links work until", readonly: true }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.link.key": typeof linkKeysModel;
  }
}
