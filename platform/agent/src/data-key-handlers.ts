import {
  destroyFormerKey,
  lookAtDataKey,
  renewDataKey,
  resealStoredFiles,
  signCatalogs,
} from "@holdfast/protocol/data-key-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import type { Agent } from "./agent.ts";

/** The change of a customer's data key. No key is in any answer. */
export function dataKeyHandlers({ dataKeys, catalogs }: Pick<Agent, "dataKeys" | "catalogs">): Handler[] {
  return [
    handle(lookAtDataKey, async ({ tenantId }) => dataKeys.look(tenantId)),
    handle(renewDataKey, async ({ tenantId, from }) => ({ changed: await dataKeys.renew(tenantId, from) })),
    handle(resealStoredFiles, ({ tenantId, after }, context) => dataKeys.reseal(tenantId, after, context)),
    handle(signCatalogs, async ({ tenantId }, context) => ({
      failed: [...(await catalogs.sign(tenantId, context)).failed],
    })),
    handle(destroyFormerKey, async ({ tenantId, ...wish }, context) => ({
      changed: await dataKeys.destroy(tenantId, wish, context),
    })),
  ];
}
