import { preflightRestore, resolveHosts } from "@holdfast/protocol/control-methods";
import type { Handler } from "@holdfast/protocol/serve";
import { downloadBackup } from "@holdfast/protocol/transfer-methods";
import type { ControlContext } from "../context.ts";
import { customerHandlers } from "./customers.ts";
import { outgoingHandlers } from "./outgoing.ts";
import { restoreHandlers } from "./restores.ts";
import { selfServiceHandlers } from "./self-service.ts";
import { transferHandlers } from "./transfers.ts";
import { uploadHandlers } from "./uploads.ts";

/** What the server needs besides {@link selfServiceHandlers}: where a host leads, and the panel's own pages. */
const needed = [resolveHosts, preflightRestore, downloadBackup];

/**
 * What control answers to the process that faces the internet: default deny, so that a method which is new, or which
 * the operator's command line alone needs, is not there. Claim ISO-2.
 */
export function serverDoor(context: ControlContext): Handler[] {
  const names = new Set(needed.map(({ name }) => name));
  const all = [...customerHandlers(context), ...restoreHandlers(context), ...transferHandlers(context)];
  const own = [
    ...selfServiceHandlers(context),
    ...uploadHandlers(context, "server"),
    ...outgoingHandlers(context),
  ];
  return [...own, ...all.filter(({ method }) => names.has(method.name))];
}
