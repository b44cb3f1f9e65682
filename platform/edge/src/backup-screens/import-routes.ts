import type { Route } from "@holdfast/framework/http/route";
import { call } from "@holdfast/protocol/call";
import { lookAtUpload } from "@holdfast/protocol/upload-methods";
import { asked, type ImportParts, isPanel, whoImports } from "./import-access.ts";
import { importPage } from "./import-page.ts";
import { uploadRoutes } from "./upload-routes.ts";

/**
 * Taking a downloaded zip in by the browser: by a customer's administrator as a backup of their own database, from where
 * it is looked at and restored as any other; by an operator into a new customer. The zip is hostile until it equals its
 * own manifest; when it is refused, or cancelled, nothing of it is kept. Claim BAK-4.
 */
export function importRoutes(parts: ImportParts): Route[] {
  return [
    {
      method: "GET",
      path: "/backups/import",
      who: "user",
      recent: true,
      csrf: "none",
      body: "none",
      bodyLimitBytes: 0,
      summary: "The form that takes a downloaded zip in",
      handle: async (given) => {
        const request = whoImports(parts, given);
        const left = await call(parts.controlSocket, lookAtUpload, asked(request));
        return importPage(request, { isPanel: isPanel(parts, request), left });
      },
    },
    ...uploadRoutes(parts),
  ];
}
