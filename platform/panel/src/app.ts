import type { AccessRight } from "@holdfast/framework/access/policy";
import type { App } from "@holdfast/framework/modules/app";
import { actions } from "./actions.ts";
import { Alarm } from "./alarm.ts";
import { Backup, BackupCopy, BackupTransfer } from "./backup.ts";
import { certificateRoutes } from "./certificate-routes.ts";
import { Customer } from "./customer.ts";
import { Database } from "./database.ts";
import { Evidence } from "./evidence.ts";
import { KeyPlace } from "./key-place.ts";
import { lists } from "./list-views.ts";
import { mailboxRoutes } from "./mailbox.ts";
import { menus } from "./menus.ts";
import { Operation } from "./operation.ts";
import { Round } from "./round.ts";
import { ShredCertificate } from "./shred-certificate.ts";
import { trustRoutes } from "./trust-page.ts";
import { Vault } from "./vault.ts";
import { forms } from "./views.ts";

const models = [
  Customer,
  Database,
  Backup,
  BackupCopy,
  BackupTransfer,
  Operation,
  Evidence,
  Vault,
  KeyPlace,
  ShredCertificate,
  Alarm,
  Round,
] as const;

/** Operators see the whole fleet; only customers are written by hand, all else by control. */
const rights: readonly AccessRight[] = [
  ...models.map(({ name }) => ({ group: "panel.operator", model: name, allow: ["read"] as const })),
  { group: "panel.operator", model: "platform.customer", allow: ["read", "write", "create"] },
  // The trust page is public: claims, places, what comes round; nothing of customers.
  { group: "base.public", model: "platform.evidence", allow: ["read"] },
  { group: "base.public", model: "platform.vault", allow: ["read"] },
  { group: "base.public", model: "platform.round", allow: ["read"] },
];

/** What the panel needs of its surroundings. */
export interface PanelOptions {
  /** Folder of the mails that the local SMTP server caught (demo and tests); null where mail really goes out. */
  readonly outboxDir: string | null;
}

/** The control panel: the fleet as an app on our own framework, for operators. Lives in the control database. */
export function panelApp(options: PanelOptions): App {
  return {
    name: "panel",
    label: "Control panel",
    version: "0.1.0",
    depends: ["base"],
    models,
    extensions: actions,
    groups: [{ key: "panel.operator", label: "Operator", implies: ["base.user"], secondFactor: true }],
    rights,
    lists,
    forms,
    menus,
    routes: [
      ...trustRoutes,
      ...certificateRoutes,
      ...(options.outboxDir === null ? [] : mailboxRoutes(options.outboxDir)),
    ],
  };
}
