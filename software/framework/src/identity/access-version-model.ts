import { text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/** The one row of {@link accessVersionModel}. */
export const accessVersionId = 1;

/**
 * Which state the rights and rules added in this database are in: one row, whose name is another one after each
 * change. Every user points to it, so that whoever reads who asks learns it in the same statement.
 */
export const accessVersionModel = defineModel({
  name: "hf.access.version",
  label: "State of access",
  displayName: "version",
  order: "id",
  fields: { version: text({ label: "Version", required: true, readonly: true, default: "", maxLength: 32 }) },
});

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.access.version": typeof accessVersionModel;
  }
}
