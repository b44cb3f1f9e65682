import type { TenantId } from "@holdfast/kernel/id";
import { issueCertificate, openTenant } from "@holdfast/protocol/agent-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import type { Agent } from "./agent.ts";

/**
 * All that the process which faces the internet may ask of the hands: to open a customer, and a certificate for a host.
 * A table of its own, so that a method which is new is not carried until somebody writes it here. Claim ISO-2.
 */
export function serverHandlers(
  { tenants, authority }: Pick<Agent, "tenants" | "authority">,
  /** Called before each opening; may refuse it. */
  opens: (tenantId: TenantId) => void = () => undefined,
): Handler[] {
  return [
    handle(openTenant, async ({ tenantId }) => {
      opens(tenantId);
      const { keys, ...open } = await tenants.open(tenantId);
      const base64 = (key: Uint8Array): string => Buffer.from(key).toString("base64");
      const lasting = Object.entries(keys.lastingKeys).map(
        ([purpose, key]) => [purpose, base64(key)] as const,
      );
      return {
        ...open,
        dataKey: base64(keys.dataKey),
        otherKeys: keys.otherKeys.map(base64),
        lastingKeys: Object.fromEntries(lasting),
      };
    }),
    handle(issueCertificate, async ({ hosts }) => authority.issue({ hosts })),
  ];
}
