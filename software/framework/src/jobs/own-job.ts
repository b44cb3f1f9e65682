import type { Actor } from "../access/actor.ts";
import type { Environment } from "../model/environment.ts";
import { jobModel } from "./job-model.ts";

/** What is told of a job. */
export interface OwnJob {
  readonly id: number;
  readonly state: string;
  readonly result: unknown;
  readonly error: string | null;
}

/** By what right a job runs, as it is kept with its answer. */
export const heldBy = ({ groups, companyIds }: Actor): readonly string[] => [
  ...groups,
  ...companyIds.map((id) => `company ${id}`),
];

/**
 * What became of one's own job. Its answer may come from anywhere: who has lost a group or a company since does not get
 * it any more, as with the kept answers of calls that are made once.
 *
 * @returns undefined when there is no such job of theirs.
 */
export async function ownJob(env: Environment, id: number): Promise<OwnJob | undefined> {
  const own = { limit: 1 } as const;
  const [job] = await env.of(jobModel).searchRead([["id", "=", id]], ["state", "error"], own);
  if (job === undefined) return undefined;
  const [kept] = await env.system("find the answer of a job that one may see", (system) =>
    system.of(jobModel).searchRead([["id", "=", id]], ["result", "held"], own),
  );
  const today = new Set(heldBy(env.actor));
  // One that an earlier version kept says nothing of rights.
  const held = Array.isArray(kept?.held) ? kept.held.map(String) : ["not known"];
  if (job.state !== "done" || held.every((one) => today.has(one)))
    return { ...job, result: kept?.result ?? null };
  return { ...job, result: null, error: "The right to its answer has ended." };
}
