import type { Tenant } from "../../http/route.ts";

/** What second factors work with. */
export type FactorParts = Pick<Tenant, "data" | "key" | "name" | "baseUrl">;

/** The tenant's key for secrets of second factors and the tokens around them. */
export function factorKey(parts: Pick<FactorParts, "key">): Uint8Array {
  return parts.key("factors.v1");
}

/** The host name that passkeys are bound to. */
export function relyingParty(parts: Pick<FactorParts, "baseUrl">): string {
  return new URL(parts.baseUrl).hostname;
}
