import type { AccessRight, RecordRule } from "../access/policy.ts";

/** Administrators make hooks and see what went out and what was given up; contents nobody sees. */
export const webhookRights: readonly AccessRight[] = [
  { group: "base.admin", model: "hf.webhook", allow: ["read", "write", "create", "delete"] },
  { group: "base.admin", model: "hf.webhook.delivery", allow: ["read", "delete"] },
];

/** A hook tells what its owner may read: nobody else may say where it tells it. */
export const webhookRules: readonly RecordRule[] = [
  {
    key: "webhook.own",
    model: "hf.webhook",
    label: "A webhook is changed by its owner alone",
    operations: ["write", "create"],
    condition: "user_id == actor.user_id",
  },
];
