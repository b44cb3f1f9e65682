import { integer, many2one, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/**
 * A file that hangs on a record. Nobody reads this as a table: attachments are reached through their record
 * (attachments.ts), so they follow that record's rules. `base` lists it among its own models.
 */
export const attachmentModel = defineModel({
  name: "ir.attachment",
  label: "Attachment",
  displayName: "name",
  order: "id desc",
  fields: {
    name: text({ label: "Name", required: true, readonly: true, maxLength: 255 }),
    mimetype: text({ label: "Kind", required: true, readonly: true, maxLength: 128 }),
    file_size: integer({ label: "Bytes", required: true, readonly: true }),
    /** Digest of the content: its name in the file store. Known to nobody outside, since it tells what others hold. */
    sha256: text({ label: "Digest", required: true, secret: true, maxLength: 64, index: true }),
    res_model: text({ label: "Model", required: true, readonly: true, index: true, maxLength: 128 }),
    res_id: integer({ label: "Record", required: true, readonly: true, index: true }),
    author_id: many2one("res.users", { label: "Added by", readonly: true }),
  },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "ir.attachment": typeof attachmentModel;
  }
}
