import type { OperationKind } from "../operations/step.ts";
import { createCustomer } from "./create-customer.ts";
import { destroyDataKey, renewDataKey, resealFiles } from "./data-key.ts";
import { deleteDatabase } from "./delete-database.ts";
import { erasePerson } from "./erase-person.ts";
import { healBackup } from "./heal-backup.ts";
import { proveBackup } from "./prove-backup.ts";
import { restoreBackup } from "./restore-backup.ts";
import { restoreOver } from "./restore-over.ts";
import { lookAtParts, restoreParts } from "./restore-parts.ts";
import { retireBackup } from "./retire-backup.ts";
import { takeBackup } from "./take-backup.ts";
import { forgetFormer, undoRestore } from "./undo-restore.ts";
import { upgradeDatabase } from "./upgrade-database.ts";
import { verifyBackup } from "./verify-backup.ts";

/** Every kind of multi-step work that control knows. */
export const kinds: readonly OperationKind[] = [
  createCustomer,
  deleteDatabase,
  takeBackup,
  verifyBackup,
  healBackup,
  restoreBackup,
  restoreOver,
  lookAtParts,
  restoreParts,
  proveBackup,
  retireBackup,
  undoRestore,
  forgetFormer,
  upgradeDatabase,
  erasePerson,
  renewDataKey,
  resealFiles,
  destroyDataKey,
];
