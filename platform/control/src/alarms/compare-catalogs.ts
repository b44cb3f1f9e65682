import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { auditCatalog } from "@holdfast/protocol/vault-methods";
import { controlActor } from "../actor.ts";
import { matchHold } from "../holds.ts";
import type { Parts } from "../parts.ts";

const hourMs = 3_600_000;
/** A database's catalogs are compared this often, ... */
const everyMs = 6 * hourMs;
/** ... in portions, so that a look stays short. */
const mostAtOnce = 5;
/** That a vault is away is told of the vault itself; what it missed meanwhile is caught up. */
const toldElsewhere = new Set(["away", "behind"]);

/**
 * Compares what the vaults hold with the signed catalogs of the databases that were compared longest ago, and keeps
 * what is wrong. A dropped, swapped or replayed list of backups is noticed although every single byte is genuine.
 *
 * @param options.evenIfFresh - compares all of them now.
 */
export async function compareCatalogs(
  { data, agent, clock }: Pick<Parts, "data" | "agent" | "clock">,
  options: { readonly evenIfFresh?: boolean } = {},
): Promise<void> {
  const before = Temporal.Instant.fromEpochMilliseconds(clock.now() - everyMs).toString();
  const due = options.evenIfFresh
    ? []
    : (["|", ["catalog_checked_at", "=", false], ["catalog_checked_at", "<", before]] as const);
  const databases = await data
    .reading(controlActor)
    .of(Database)
    .searchRead([["state", "=", "running"], ["neutralized", "=", false], ...due], ["tenant_id"], {
      order: "catalog_checked_at, id",
      ...(options.evenIfFresh ? {} : { limit: mostAtOnce }),
    });
  for (const { id, tenant_id } of databases) {
    const tenantId = present(parseId<"tenant">(tenant_id), "a tenant id");
    const { findings, catalogs } = await agent(auditCatalog, { tenantId });
    await matchHold({ data, agent }, { databaseId: id, tenantId }, catalogs);
    const locked = await lockedBackups({ data }, tenantId);
    const wrong = findings.filter(
      ({ kind, backupId = "" }) => !toldElsewhere.has(kind) && !(kind === "unlisted" && locked.has(backupId)),
    );
    await data.writing(controlActor, (env) =>
      env.of(Database).write([id], {
        catalog_checked_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
        catalog_findings: wrong.length > 0 ? wrong : null,
      }),
    );
  }
}

/** Backups that left the catalogs and whose objects a lock still keeps: that no catalog names them is as it should be. */
async function lockedBackups({ data }: Pick<Parts, "data">, tenantId: string): Promise<ReadonlySet<string>> {
  const rows = await data
    .reading(controlActor)
    .of(Backup)
    .searchRead(
      [
        ["tenant_id", "=", tenantId],
        ["state", "=", "locked"],
      ],
      ["key"],
    );
  return new Set(rows.map(({ key }) => key));
}
