import type { RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";

/** What the routes need of their surroundings. */
export interface ImportParts {
  readonly controlSocket: string;
  readonly controlTenantId: TenantId;
  /** Who asks, for the list of transfers. */
  readonly who: (request: RouteRequest) => Promise<string>;
}

/** Whose an upload is: the host's database and the person who is signed in. */
export const asked = (request: RouteRequest) => ({
  of: { tenantId: request.tenant.id as TenantId },
  person: request.actor.userId ?? 0,
});

/** Whether the request came to the operators' host. */
export function isPanel({ controlTenantId }: ImportParts, { tenant }: RouteRequest): boolean {
  return tenant.id === controlTenantId;
}

/** @throws ExpectedError unless an administrator of the database asks, in the panel an operator; never by a key. */
export function whoImports(parts: ImportParts, request: RouteRequest): RouteRequest {
  const group = isPanel(parts, request) ? "panel.operator" : "base.admin";
  if (!request.actor.groups.has(group) || request.keyId !== undefined)
    throw new ExpectedError("access_denied", "Backups are taken in by administrators.", {
      hint: "Ask one of them.",
    });
  if (request.tenant.neutralized)
    throw new ExpectedError("conflict", "A copy has no backups of its own.", { hint: "Open the original." });
  return request;
}
