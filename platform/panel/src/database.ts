import {
  boolean,
  datetime,
  integer,
  json,
  many2one,
  one2many,
  selection,
  text,
} from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** One customer's own PostgreSQL database, with its roles, key, files and host name. Source: claim ISO-1. */
export const Database = defineModel({
  name: "platform.database",
  label: "Database",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Host name", required: true, unique: true, maxLength: 40, readonly: true }),
    tenant_id: text({ label: "Tenant", required: true, unique: true, maxLength: 36, readonly: true }),
    customer_id: many2one("platform.customer", {
      label: "Customer",
      required: true,
      index: true,
      readonly: true,
    }),
    state: selection(
      [
        ["provisioning", "Being made"],
        ["running", "Running"],
        // Nobody comes in; it is destroyed at `expires_at` unless it is opened again before.
        ["closed", "Closed"],
        ["deleting", "Being deleted"],
        ["failed", "Failed"],
      ],
      { label: "State", required: true, default: "provisioning", readonly: true },
    ),
    apps: json({ label: "Apps", required: true, default: [], readonly: true }),
    url: text({ label: "Address", maxLength: 300, readonly: true }),
    neutralized: boolean({
      label: "Neutralized copy",
      default: false,
      readonly: true,
      help: "Nothing leaves it: no mail, payment, webhook or scheduled job.",
    }),
    origin_key: text({ label: "Restored from backup", maxLength: 36, readonly: true }),
    /** Of the apps' declarations that its tables follow; another one than this version's asks for an upgrade. */
    schema_digest: text({ label: "Schema", maxLength: 128, readonly: true }),
    backup_ids: one2many("platform.backup", "database_id", { label: "Backups", readonly: true }),
    last_stored_at: datetime({ label: "Last stored backup", readonly: true }),
    last_proven_at: datetime({ label: "Last proven backup", readonly: true }),
    /** When its signed catalogs were last compared with the vaults, and what was wrong then; null: nothing. */
    catalog_checked_at: datetime({ label: "Catalogs compared", readonly: true }),
    catalog_findings: json({ label: "Catalog findings", readonly: true, groups: ["panel.operator"] }),
    /** When a restore took this database's place; what it was before is kept until `former_until`. */
    restored_at: datetime({ label: "Restored", readonly: true }),
    restored_key: text({ label: "Restored from", maxLength: 36, readonly: true }),
    former_until: datetime({
      label: "Restore can be undone until",
      readonly: true,
      help: "The database as it was before the last restore is kept until then, closed to everybody.",
    }),
    key_generation: integer({
      label: "Data key",
      default: 1,
      readonly: true,
      help: "Its number: each change of the key counts one up.",
    }),
    key_changed_at: datetime({ label: "Data key changed", readonly: true }),
    /** Former data keys that a backup may still need: number, and when the next one took its place. */
    former_keys: json({ label: "Former data keys", default: [], readonly: true }),
    /** Files up to this digest lie under the current data key; null: all do. */
    reseal_after: text({ label: "Files sealed anew up to", maxLength: 64, readonly: true }),
    resealed_files: integer({ label: "Files sealed anew", readonly: true }),
    /** Of a copy, or of a customer's database that was closed: when the schedule deletes it. */
    expires_at: datetime({ label: "Will be deleted", readonly: true }),
    expiry_warned_at: datetime({ label: "Warned of its end", readonly: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.database": typeof Database;
  }
}
