import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakeningSaboteur } from "../weakened-server.ts";

const where = "software/framework/src/model/records/where.ts";
const access = "software/framework/src/access/compiled-access.ts";
const hidden = "software/framework/src/model/records/hidden.ts";

/** Serves a scratch database from sources that ask too little before they answer. */
export const accessSaboteur: Saboteur = weakeningSaboteur({
  claim: "OWASP-5",
  weakenings: [
    [
      "record rules were left out of statements",
      where,
      "return rule === null ?",
      "return rule !== undefined ?",
    ],
    [
      "a rule of one group bound nobody any more",
      access,
      "...(ofGroups.length === 0 ? [] :",
      "...(ofGroups.length >= 0 ? [] :",
    ],
    [
      "a right to read was a right to everything",
      access,
      "for (const operation of right.allow) granted.add(",
      'for (const operation of right.allow.includes("read") ? ["read", "write", "create", "delete"] : right.allow) granted.add(',
    ],
    [
      "a hidden record was refused in other words than a missing one",
      hidden,
      "if (readable.length !== new Set(ids).size) throw notFound(model);",
      "if (readable.length !== new Set(ids).size && (ids[0] ?? 0) > 1_000_000_000) throw notFound(model);",
    ],
  ],
});
