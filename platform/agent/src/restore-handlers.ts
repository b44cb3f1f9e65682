import {
  beginBeside,
  discardBeside,
  dropFormer,
  examineRestore,
  keepUndone,
  openBeside,
  restorePartsOf,
  swapBack,
  swapIn,
} from "@holdfast/protocol/restore-methods";
import { type Handler, handle, handleDownload, handleUpload } from "@holdfast/protocol/serve";
import { exportBackup, importBackup } from "@holdfast/protocol/transfer-methods";
import type { Agent } from "./agent.ts";

const said = async (work: Promise<boolean>): Promise<{ changed: boolean }> => ({ changed: await work });

/** What a restore over a live database asks of the hands. */
export function restoreHandlers({
  restores,
  backups,
  readings,
}: Pick<Agent, "restores" | "backups" | "readings">): Handler[] {
  return [
    handleDownload(exportBackup, (input, context) => readings.export(input, context)),
    handleUpload(importBackup, ({ ...ref }, { body, ...context }) => backups.import(ref, body, context)),
    handle(beginBeside, ({ tenantId }) => said(restores.begin(tenantId))),
    handle(discardBeside, ({ tenantId }) => said(restores.discard(tenantId))),
    handle(openBeside, async ({ tenantId }) => ({ connection: await restores.open(tenantId) })),
    handle(swapIn, ({ tenantId }, context) => said(restores.swapIn(tenantId, context))),
    handle(swapBack, ({ tenantId }) => said(restores.swapBack(tenantId))),
    handle(keepUndone, ({ tenantId }) => said(restores.keepUndone(tenantId))),
    handle(dropFormer, ({ tenantId }) => said(restores.dropFormer(tenantId))),
    handle(restorePartsOf, (input, context) => restores.parts(input, context)),
    handle(examineRestore, (input, context) => restores.examine(input, context)),
  ];
}
