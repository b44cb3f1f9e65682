import { boolean, datetime, decimal, integer, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** The data-center registry as this installation uses it; published on the trust page. Source: claim BAK-3. */
export const Vault = defineModel({
  name: "platform.vault",
  label: "Vault",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, unique: true, maxLength: 60, readonly: true }),
    data_center: text({ label: "Data center", required: true, maxLength: 120, readonly: true }),
    city: text({ label: "City", required: true, maxLength: 120, readonly: true }),
    country: text({ label: "Country", required: true, maxLength: 60, readonly: true }),
    continent: text({ label: "Continent", required: true, maxLength: 60, readonly: true }),
    provider: text({ label: "Provider", required: true, maxLength: 120, readonly: true }),
    kind: selection(
      [
        ["directory", "Folder"],
        ["s3", "S3"],
        ["sftp", "SFTP"],
      ],
      { label: "Kind", required: true, default: "directory", readonly: true },
    ),
    lock: selection(
      [
        ["none", "None"],
        ["governance", "Governance"],
        ["compliance", "Compliance"],
      ],
      { label: "Object lock", required: true, default: "none", readonly: true },
    ),
    attestations: text({ label: "Attested by its provider", maxLength: 2_600, readonly: true }),
    simulated: boolean({ label: "Simulated", default: false, readonly: true }),
    enforced: boolean({ label: "Write-once enforced", default: false, readonly: true }),
    answers: boolean({ label: "Answers", default: true, readonly: true, groups: ["panel.operator"] }),
    /** When it was last looked at and answered; null: never yet. Absence of this is an alarm. */
    last_seen_at: datetime({ label: "Last seen", readonly: true, groups: ["panel.operator"] }),
    /** What was wrong with it at the last look; empty: it answers and takes writes. */
    trouble: text({ label: "Trouble", maxLength: 300, readonly: true, groups: ["panel.operator"] }),
    /** Of the copies that lie there: how many, how many are not whole, and when the newest was read back. */
    copies: integer({ label: "Copies", readonly: true, groups: ["panel.operator"] }),
    bad_copies: integer({ label: "Not whole", readonly: true, groups: ["panel.operator"] }),
    last_stored_at: datetime({ label: "Last write", readonly: true, groups: ["panel.operator"] }),
    /** Null where the store does not tell. */
    free_bytes: decimal({ label: "Free bytes", scale: 0, readonly: true, groups: ["panel.operator"] }),
    /** Below this much free it takes no backups. */
    wanted_free_bytes: decimal({
      label: "Free bytes wanted",
      scale: 0,
      readonly: true,
      groups: ["panel.operator"],
    }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.vault": typeof Vault;
  }
}
