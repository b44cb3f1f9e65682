import { noteErasure, readErasures } from "@holdfast/protocol/erasure-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import type { Agent } from "./agent.ts";

/** Who was erased: kept by the hands, out of reach of every database that a restore replaces. */
export function erasureHandlers({ tombstones }: Pick<Agent, "tombstones">): Handler[] {
  return [
    handle(readErasures, async ({ tenantId, make }) => ({
      key: tombstones.key(tenantId, { make })?.toString("base64") ?? null,
      lists: tombstones.lists(tenantId).map(({ key, marks }) => ({
        key: key.toString("base64"),
        marks: [...marks],
      })),
    })),
    handle(noteErasure, async ({ tenantId, id, at, marks }) => ({
      changed: tombstones.add(tenantId, { id, at, marks }),
    })),
  ];
}
