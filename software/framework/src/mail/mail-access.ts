import type { AccessRight } from "../access/policy.ts";

/**
 * Administrators see what went out and what is stuck, without its text. Nobody reads `mail.message` as a
 * table: its lines are reached through their record (see messages.ts), so they follow that record's rules.
 */
export const mailRights: readonly AccessRight[] = [
  { group: "base.admin", model: "mail.mail", allow: ["read", "delete"] },
  // Created where an older version made none.
  { group: "base.admin", model: "mail.limits", allow: ["read", "write", "create"] },
];
