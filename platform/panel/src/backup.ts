import {
  datetime,
  decimal,
  integer,
  json,
  many2one,
  one2many,
  selection,
  text,
} from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/**
 * One backup of one database. `stored` = every copy read back and authenticated; `proven_at` = restored
 * and compared with its manifest. The two words are never mixed.
 */
export const Backup = defineModel({
  name: "platform.backup",
  label: "Backup",
  displayName: "key",
  order: "taken_at desc, id desc",
  fields: {
    key: text({ label: "Backup", required: true, unique: true, maxLength: 36, readonly: true }),
    database_id: many2one("platform.database", { label: "Database", index: true, readonly: true }),
    /** Kept when the database is gone: the vaults name objects by tenant. */
    tenant_id: text({ label: "Tenant", required: true, index: true, maxLength: 36, readonly: true }),
    database_name: text({ label: "Of", required: true, maxLength: 40, readonly: true }),
    state: selection(
      [
        ["taking", "Being taken"],
        ["stored", "Stored"],
        /** Whole where it could be read, but not in every vault: it is copied there when the vault is back. */
        ["partial", "Not in every vault"],
        ["damaged", "Damaged"],
        ["failed", "Failed"],
        /** No catalog names it any more; a lock keeps objects of it until `delete_after`. */
        ["locked", "To be deleted"],
      ],
      { label: "State", required: true, default: "taking", readonly: true },
    ),
    delete_after: datetime({
      label: "To be deleted after",
      readonly: true,
      help: "A lock of a vault keeps it until then, whoever asks. Nobody restores it any more.",
    }),
    taken_at: datetime({ label: "Taken", required: true, readonly: true }),
    stored_at: datetime({ label: "Stored", readonly: true }),
    proven_at: datetime({ label: "Proven", readonly: true }),
    /** Why the last try to prove it failed; empty once it is proven. */
    proof_error: text({ label: "Not proven, because", maxLength: 1_000, readonly: true }),
    bytes: decimal({ label: "Bytes", scale: 0, readonly: true }),
    sha256: text({ label: "SHA-256", maxLength: 64, readonly: true }),
    tables: integer({ label: "Tables", readonly: true }),
    rows: integer({ label: "Rows", readonly: true }),
    files: integer({ label: "Files", readonly: true }),
    summary: json({ label: "Summary", readonly: true }),
    /** As it was signed: what a download is sized by. Names tables and counts, no values. */
    manifest: json({ label: "Manifest", readonly: true }),
    origin: selection(
      [
        ["taken", "Taken"],
        ["safety", "Before a restore"],
        ["imported", "Imported"],
      ],
      { label: "Origin", required: true, default: "taken", readonly: true },
    ),
    /** Of an import: whose database its zip says that it is of; nobody vouches for it. */
    origin_tenant: text({ label: "Imported from tenant", maxLength: 36, readonly: true }),
    /** Of an import: what its zip says of itself, and who brought it. */
    origin_note: text({ label: "Imported from", maxLength: 400, readonly: true }),
    copy_ids: one2many("platform.backup.copy", "backup_id", { label: "Copies", readonly: true }),
  },
});

/** Who fetched a backup as a zip, or brought one: kept, since it is all of a customer's data at once. */
export const BackupTransfer = defineModel({
  name: "platform.backup.transfer",
  label: "Download or import",
  displayName: "by",
  order: "id desc",
  fields: {
    backup_id: many2one("platform.backup", {
      label: "Backup",
      index: true,
      onDelete: "set null",
      readonly: true,
    }),
    tenant_id: text({ label: "Tenant", required: true, index: true, maxLength: 36, readonly: true }),
    database_name: text({ label: "Of", required: true, maxLength: 40, readonly: true }),
    kind: selection(
      [
        ["download", "Download"],
        ["import", "Import"],
      ],
      { label: "What", required: true, readonly: true },
    ),
    by: text({ label: "By", required: true, maxLength: 300, readonly: true }),
    at: datetime({ label: "When", required: true, readonly: true }),
    from_byte: decimal({ label: "From byte", scale: 0, readonly: true }),
  },
});

/** Where one copy of a backup lies, and what its last reading back gave. Source: claim BAK-2. */
export const BackupCopy = defineModel({
  name: "platform.backup.copy",
  label: "Backup copy",
  displayName: "vault",
  order: "vault",
  fields: {
    backup_id: many2one("platform.backup", {
      label: "Backup",
      required: true,
      index: true,
      onDelete: "cascade",
      readonly: true,
    }),
    vault: text({ label: "Vault", required: true, maxLength: 60, readonly: true }),
    state: selection(
      [
        ["written", "Written"],
        ["stored", "Stored"],
        ["damaged", "Damaged"],
        ["missing", "Missing"],
        ["away", "Vault away"],
      ],
      { label: "State", required: true, default: "written", readonly: true },
    ),
    bytes: decimal({ label: "Bytes", scale: 0, readonly: true }),
    sha256: text({ label: "SHA-256", maxLength: 64, readonly: true }),
    damaged_at_byte: decimal({ label: "Damaged at byte", scale: 0, readonly: true }),
    read_back_at: datetime({ label: "Read back", readonly: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.backup": typeof Backup;
    readonly "platform.backup.transfer": typeof BackupTransfer;
    readonly "platform.backup.copy": typeof BackupCopy;
  }
}
