import { Database } from "@holdfast/panel/database";
import { dueOutgoing, mostDueHosts, noteOutgoing } from "@holdfast/protocol/outgoing-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { OutgoingNotes } from "../outgoing-notes.ts";
import { ownerOf } from "../uploads/owning-database.ts";

/**
 * What waits to be sent, by customer, for the server alone. A customer that is gone, or a copy, is forgotten; of one that
 * is closed it is known when it opens again.
 */
export function outgoingHandlers({ parts, folder, config, panelHost }: ControlContext): Handler[] {
  const notes = new OutgoingNotes(folder.outgoing);
  const known = () =>
    parts.data
      .reading(controlActor)
      .of(Database)
      .searchRead([["neutralized", "=", false]], ["name", "tenant_id", "state"]);
  return [
    handle(noteOutgoing, async ({ tenantId, dueMs }) => {
      // One file of each customer that exists, whatever the server says.
      if (dueMs !== null && tenantId !== config.controlTenantId) await ownerOf(parts, { tenantId });
      notes.note(tenantId, dueMs);
      return {};
    }),
    handle(dueOutgoing, async () => {
      const due = notes.due(parts.clock.now());
      if (due.length === 0) return { hosts: [] };
      const hosts = new Map<string, string | null>(
        (await known()).map(({ name, tenant_id, state }) => [
          tenant_id,
          state === "running" ? parts.hostOf(name) : null,
        ]),
      );
      hosts.set(config.controlTenantId, panelHost);
      for (const tenantId of due) if (!hosts.has(tenantId)) notes.note(tenantId, null);
      const told = due.filter((tenantId) => hosts.get(tenantId) != null).slice(0, mostDueHosts);
      notes.told(told);
      return { hosts: told.flatMap((tenantId) => hosts.get(tenantId) ?? []) };
    }),
  ];
}
