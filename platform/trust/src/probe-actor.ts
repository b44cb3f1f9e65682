import { type Actor, publicActor } from "@holdfast/framework/access/actor";

/** A probe at work in a database: it sees all, and writes in canaries only. @param claim - its id, for the log. */
export function probeActor(claim: string): Actor {
  return { ...publicActor, kind: "system", groups: new Set(), reason: `the probe of ${claim}` };
}
