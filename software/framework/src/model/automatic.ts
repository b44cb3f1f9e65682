import type { Field } from "./field.ts";
import { datetime, integer, many2one, text } from "./field.ts";

/** Model of the people that create and change records. */
export const userModel = "res.users";

/**
 * Fields that every model has and no caller writes. Who created and who changed a record has no foreign
 * key: a person who is removed stays named by number, and every insert is spared two locks on the user.
 */
export const automaticFields: Readonly<Record<string, Field>> = {
  id: integer({ label: "ID", required: true, readonly: true, copy: false }),
  display_name: text({ label: "Display name", required: true, readonly: true, copy: false }),
  create_uid: many2one(userModel, { label: "Created by", readonly: true, copy: false }),
  create_date: datetime({ label: "Created on", required: true, readonly: true, copy: false }),
  write_uid: many2one(userModel, { label: "Last changed by", readonly: true, copy: false }),
  write_date: datetime({ label: "Last changed on", required: true, readonly: true, copy: false }),
};

/** Those of them that have a column, in the order of the table. */
export const automaticColumns = ["id", "create_uid", "create_date", "write_uid", "write_date"] as const;

export function isAutomatic(name: string): boolean {
  return Object.hasOwn(automaticFields, name);
}
