import type { MenuItem } from "@holdfast/framework/views/view";

/** Where the panel's lists are found. */
export const menus: readonly MenuItem[] = [
  { key: "fleet", label: "Fleet", icon: "server", order: 10 },
  { key: "fleet.customers", label: "Customers", parent: "fleet", model: "platform.customer", order: 10 },
  { key: "fleet.databases", label: "Databases", parent: "fleet", model: "platform.database", order: 20 },
  { key: "fleet.operations", label: "Operations", parent: "fleet", model: "platform.operation", order: 30 },
  {
    key: "fleet.alarms",
    label: "Alarms",
    parent: "fleet",
    model: "platform.alarm",
    domain: [["resolved_at", "=", false]],
    order: 40,
  },
  { key: "fleet.past-alarms", label: "Past alarms", parent: "fleet", model: "platform.alarm", order: 42 },
  { key: "safety", label: "Backups", icon: "archive", order: 20 },
  { key: "safety.backups", label: "Backups", parent: "safety", model: "platform.backup", order: 10 },
  { key: "safety.vaults", label: "Vaults", parent: "safety", model: "platform.vault", order: 20 },
  { key: "safety.copies", label: "Copies", parent: "safety", model: "platform.backup.copy", order: 22 },
  { key: "safety.keys", label: "Keystore", parent: "safety", model: "platform.key.place", order: 24 },
  {
    key: "safety.certificates",
    label: "Shred certificates",
    parent: "safety",
    model: "platform.shred.certificate",
    order: 26,
  },
  { key: "safety.rounds", label: "Rounds", parent: "safety", model: "platform.round", order: 30 },
  { key: "trust", label: "Trust", icon: "shield-check", order: 30 },
  { key: "trust.claims", label: "Claims", parent: "trust", model: "platform.evidence", order: 10 },
];
