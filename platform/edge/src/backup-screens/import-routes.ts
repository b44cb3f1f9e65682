import { jsonReply } from "@holdfast/framework/http/reply";
import type { Reply, Route, RouteRequest } from "@holdfast/framework/http/route";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { upload } from "@holdfast/protocol/call-bytes";
import { customerNameSchema } from "@holdfast/protocol/ids";
import { uploadBackup, uploadNewCustomer } from "@holdfast/protocol/transfer-methods";
import { z } from "zod";
import { importPage } from "./import-page.ts";

/** The largest zip that is taken from a browser; a larger one goes through `bin/holdfast backup import`. */
export const importBytes: number = 64 * 2 ** 30;

/** What the routes need of their surroundings. */
export interface ImportParts {
  readonly controlSocket: string;
  readonly controlTenantId: TenantId;
  /** Who asks, for the list of transfers. */
  readonly who: (request: RouteRequest) => Promise<string>;
}

/**
 * Taking a downloaded zip in by the browser: by a customer's administrator as a backup of their own database, from where
 * it is looked at and restored as any other; by an operator into a new customer. The zip is hostile until it equals its
 * own manifest; when it is refused, or the browser goes away, nothing of it is kept. Claim BAK-4.
 */
export function importRoutes(parts: ImportParts): Route[] {
  const common = { path: "/backups/import", who: "user", recent: true } as const;
  return [
    {
      ...common,
      method: "GET",
      csrf: "none",
      body: "none",
      bodyLimitBytes: 0,
      summary: "The form that takes a downloaded zip in",
      handle: async (request) => importPage(allowed(parts, request), { isPanel: isPanel(parts, request) }),
    },
    {
      ...common,
      method: "POST",
      csrf: "origin",
      body: "stream",
      bodyLimitBytes: importBytes,
      summary: "Takes the body, a downloaded zip, in as a backup; in the panel into a new customer",
      handle: (request) => takeIn(parts, allowed(parts, request)),
    },
  ];
}

const isPanel = ({ controlTenantId }: ImportParts, { tenant }: RouteRequest): boolean =>
  tenant.id === controlTenantId;

function allowed(parts: ImportParts, request: RouteRequest): RouteRequest {
  const group = isPanel(parts, request) ? "panel.operator" : "base.admin";
  if (!request.actor.groups.has(group) || request.keyId !== undefined)
    throw new ExpectedError("access_denied", "Backups are taken in by administrators.", {
      hint: "Ask one of them.",
    });
  if (request.tenant.neutralized)
    throw new ExpectedError("conflict", "A copy has no backups of its own.", { hint: "Open the original." });
  return request;
}

async function takeIn(parts: ImportParts, request: RouteRequest): Promise<Reply> {
  const by = await parts.who(request);
  if (isPanel(parts, request)) return intoNewCustomer(parts, request, by);
  const of = { tenantId: request.tenant.id as TenantId };
  const taken = await upload(parts.controlSocket, uploadBackup, { input: { of, by }, body: request.stream });
  return jsonReply({ location: `/backups/${taken.backupId}` }, 201);
}

const newCustomerSchema = z.object({ customer: customerNameSchema, email: z.email() });

/** The customer first, since a backup is of somebody; should the zip be refused, control lets the customer go again. */
async function intoNewCustomer(
  { controlSocket }: ImportParts,
  request: RouteRequest,
  by: string,
): Promise<Reply> {
  const asked = newCustomerSchema.safeParse(Object.fromEntries(request.url.searchParams));
  if (!asked.success)
    throw new ExpectedError("invalid", "A new customer needs a name for its address and a mail address.", {
      hint: "Small letters, digits and inner hyphens, beginning with a letter.",
    });
  await upload(controlSocket, uploadNewCustomer, { input: { ...asked.data, by }, body: request.stream });
  return jsonReply({ location: "/web/platform.operation" }, 201);
}
