import { Database } from "@holdfast/panel/database";
import { controlActor } from "../actor.ts";
import type { Watcher } from "./condition.ts";

/** Databases whose signed catalogs and vaults contradict each other, as the last comparison found. */
export const watchCatalogs: Watcher = {
  name: "catalogs",
  codes: ["catalog.mismatch"],
  look: async ({ data, clock }) => {
    const rows = await data
      .reading(controlActor)
      .of(Database)
      .searchRead(
        [
          ["state", "=", "running"],
          ["catalog_findings", "!=", false],
        ],
        ["name", "customer_id", "catalog_findings", "catalog_checked_at"],
      );
    return rows.map(({ id, name, customer_id, catalog_findings, catalog_checked_at }) => {
      const findings = catalog_findings as readonly { vault: string; kind: string; what: string }[];
      const [first] = findings;
      const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
      return {
        code: "catalog.mismatch",
        subject: name,
        severity: "critical",
        sentence: `the backups of ${name} in vault ${first?.vault} are not what was signed: ${first?.kind}, ${first?.what}${more}`,
        hint: `bin/holdfast catalog check ${name}`,
        sinceMs: catalog_checked_at?.epochMilliseconds ?? clock.now(),
        databaseId: id,
        customerId: customer_id.id,
      };
    });
  },
};
