import type { AccessRight, RecordRule } from "../access/policy.ts";

/** People see what became of their own jobs; jobs are made and changed by code alone (job-queue.ts). */
export const jobRights: readonly AccessRight[] = [{ group: "base.user", model: "hf.job", allow: ["read"] }];

/** Nobody sees the jobs of others, administrators neither: results are what their rights gave. */
export const jobRules: readonly RecordRule[] = [
  {
    key: "jobs.own",
    model: "hf.job",
    label: "Everyone sees their own jobs",
    groups: ["base.user"],
    condition: "user_id == actor.user_id",
  },
];
