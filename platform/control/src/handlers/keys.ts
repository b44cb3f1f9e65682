import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import {
  listKeyPlaces,
  listShreddedKeys,
  rotatePlatformKey,
  showShredCertificate,
} from "@holdfast/protocol/retention-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { listShredded, rotateRootKey, shredCertificate } from "@holdfast/protocol/vault-methods";
import type { ControlContext } from "../context.ts";

/** What operators ask about keys at the command line; no key ever passes here. */
export function keyHandlers({ parts }: ControlContext): Handler[] {
  return [
    handle(rotatePlatformKey, () => parts.agent(rotateRootKey, {})),
    handle(listKeyPlaces, async () => {
      const { places } = await parts.agent(lookAtKeystore, {});
      return { places };
    }),
    handle(listShreddedKeys, () => parts.agent(listShredded, {})),
    handle(showShredCertificate, ({ tenantId }) => parts.agent(shredCertificate, { tenantId })),
  ];
}
