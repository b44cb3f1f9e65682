import type { Handler } from "@holdfast/protocol/serve";
import type { Measurer } from "../claims/measurer.ts";
import type { ControlContext } from "../context.ts";
import { alarmHandlers } from "./alarms.ts";
import { backupHandlers } from "./backups.ts";
import { claimHandlers } from "./claims.ts";
import { customerHandlers } from "./customers.ts";
import { demoHandlers } from "./demo.ts";
import { keyHandlers } from "./keys.ts";
import { operationHandlers } from "./operations.ts";
import { partsHandlers } from "./parts.ts";
import { restoreHandlers } from "./restores.ts";
import { retentionHandlers } from "./retention.ts";
import { schemaHandlers } from "./schema.ts";
import { selfServiceHandlers } from "./self-service.ts";
import { statusHandlers } from "./status.ts";
import { transferHandlers } from "./transfers.ts";
import { uploadHandlers } from "./uploads.ts";
import { vaultHandlers } from "./vaults.ts";

/** What control answers to the operator's command line; the process that faces the internet has a door of its own. */
export function operatorDoor(context: ControlContext, measurer: Measurer): Handler[] {
  return [
    ...customerHandlers(context),
    ...backupHandlers(context),
    ...retentionHandlers(context),
    ...vaultHandlers(context),
    ...keyHandlers(context),
    ...partsHandlers(context),
    ...restoreHandlers(context),
    ...transferHandlers(context),
    ...uploadHandlers(context, "operator"),
    ...selfServiceHandlers(context),
    ...operationHandlers(context),
    ...schemaHandlers(context),
    ...demoHandlers(context),
    ...statusHandlers(context),
    ...alarmHandlers(context),
    ...claimHandlers(context, measurer),
  ];
}
