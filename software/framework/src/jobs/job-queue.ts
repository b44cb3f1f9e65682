import { ExpectedError } from "@holdfast/kernel/errors";
import { publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import type { Standing } from "../identity/standing.ts";
import type { DataSource, DomainOf, Environment } from "../model/environment.ts";
import type { Row } from "../model/model.ts";
import type { RemoteCall } from "../remote/call.ts";
import { dispatch, refuseSecretAnswer } from "../remote/dispatch.ts";
import { jobModel } from "./job-model.ts";
import { heldBy } from "./own-job.ts";

/** Jobs that one user may have waiting. */
export const maxWaiting = 100;
/** A process that is not heard of for so long is taken for dead; its job is then told as failed, never run twice. */
export const leaseSeconds = 60;
const maxJobsPerRun = 100;
/** Finished jobs are kept for so long. */
const keptDays = 14;
/** Longest answer that is kept, as JSON. */
export const maxResultCharacters = 1_048_576;
const jobFields = ["user_id", "session_key", "key_id", "model", "method", "args", "kwargs"] as const;
type JobRow = Row<typeof jobModel, (typeof jobFields)[number]>;

/**
 * Writes down a call that is to be made soon, outside the request.
 *
 * @param caller - by whose right. A link or visitor has none that lasts.
 * @returns the job's id. @throws ExpectedError `too_many`, `access_denied`; `bad_request` where the answer may be a secret.
 */
export async function queueJob(data: DataSource, caller: Standing, call: RemoteCall): Promise<number> {
  const { userId } = caller.actor;
  if (userId === null || (!caller.sessionKey && caller.keyId === undefined))
    throw new ExpectedError(
      "access_denied",
      "Only who is signed in, or brings an API key, can ask for a job.",
    );
  if (caller.actor.scope !== undefined)
    throw new ExpectedError("access_denied", "An API key that reaches less than its user asks for no jobs.");
  refuseSecretAnswer(data.registry, call);
  return data.writing(caller.actor, (env) =>
    env.system("ask for a job in one's own name", async (system) => {
      const jobs = system.of(jobModel);
      const waiting: DomainOf<typeof jobModel> = [
        ["user_id", "=", userId],
        ["state", "=", "queued"],
      ];
      if ((await jobs.count(waiting, { limit: maxWaiting })) >= maxWaiting)
        throw new ExpectedError("too_many", `At most ${maxWaiting} jobs can wait.`, {
          hint: "Wait until some are done.",
        });
      const [id] = await jobs.create([
        {
          user_id: userId,
          session_key: caller.sessionKey || null,
          key_id: caller.keyId ?? null,
          model: String(call.model).slice(0, 128),
          method: String(call.method).slice(0, 128),
          args: call.args ?? [],
          kwargs: call.kwargs ?? {},
          state: "queued",
          queued_at: nowOf(system),
        },
      ]);
      return id as number;
    }),
  );
}

/**
 * Runs what waits in a tenant's queue, one after the other. Several workers may do so at once: each job is claimed by
 * one. The right is asked when the job begins and all the while: when it ends, the job ends within a second, and its
 * transaction with it.
 *
 * @returns how many ran or were refused.
 */
export async function runJobs(tenant: Tenant): Promise<number> {
  for (let ran = 0; ran < maxJobsPerRun; ran++) {
    const job = await claim(tenant.data);
    if (job === undefined) return ran;
    await run(tenant, job);
  }
  return maxJobsPerRun;
}

function claim(data: DataSource): Promise<JobRow | undefined> {
  const env = data.reading(publicActor);
  return env.system("look for a job that waits", async (reading) => {
    if ((await reading.of(jobModel).count([["state", "=", "queued"]], { limit: 1 })) === 0) return undefined;
    return data.writing(publicActor, (writing) =>
      writing.system("take a job", async (system) => {
        const jobs = system.of(jobModel);
        const [job] = await jobs.searchRead([["state", "=", "queued"]], jobFields, { limit: 1, order: "id" });
        if (job !== undefined)
          await jobs.write([job.id], {
            state: "running",
            lease_until: nowOf(system).add({ seconds: leaseSeconds }),
          });
        return job;
      }),
    );
  });
}

async function run(tenant: Tenant, job: JobRow): Promise<void> {
  const actor = await tenant.identity.actorOf(job.user_id.id);
  const standing =
    actor === null ? null : { actor, sessionKey: job.session_key ?? "", keyId: job.key_id ?? undefined };
  if (standing === null || !(await tenant.identity.stands(standing)))
    return finish(tenant.data, job.id, { state: "refused", error: "The right to it had ended." });
  const { signal, release } = tenant.identity.watch(standing);
  const beat = setInterval(
    () => {
      stillHere(tenant.data, job.id).catch(() => undefined);
    },
    (leaseSeconds * 1_000) / 3,
  );
  try {
    const { model, method, args, kwargs } = job;
    // One that an earlier version took.
    refuseSecretAnswer(tenant.data.registry, { model, method, args, kwargs });
    const result = await dispatch(
      tenant.data,
      { ...standing.actor, ...(job.key_id === null ? {} : { byKey: true as const }), standing: signal },
      { model, method, args, kwargs },
    );
    await finish(tenant.data, job.id, { state: "done", ...kept(result), held: heldBy(standing.actor) });
  } catch (error) {
    const told = error instanceof ExpectedError ? error.message : "Something went wrong on our side.";
    await finish(tenant.data, job.id, { state: signal.aborted ? "refused" : "failed", error: told });
  } finally {
    clearInterval(beat);
    release();
  }
}

type Outcome = {
  readonly state: string;
  readonly error?: string;
  readonly result?: unknown;
  readonly held?: unknown;
};

/** It was done all the same. */
function kept(result: unknown): Pick<Outcome, "result" | "error"> {
  const text = JSON.stringify(result ?? null);
  return text.length <= maxResultCharacters
    ? { result: JSON.parse(text) }
    : {
        error: `It is done; its answer has ${text.length} characters, at most ${maxResultCharacters} are kept.`,
      };
}

function finish(data: DataSource, id: number, outcome: Outcome): Promise<void> {
  return data.writing(publicActor, (env) =>
    env.system("note what became of a job", (system) =>
      system.of(jobModel).write([id], { ...outcome, done_at: nowOf(system), args: null, kwargs: null }),
    ),
  );
}

function stillHere(data: DataSource, id: number): Promise<void> {
  return data.writing(publicActor, (env) =>
    env.system("note that a job still runs", (system) =>
      system.of(jobModel).write([id], { lease_until: nowOf(system).add({ seconds: leaseSeconds }) }),
    ),
  );
}

/** Tells jobs whose process died as failed, and forgets old ones. @returns how many. */
export function sweepJobs(data: DataSource): Promise<number> {
  return data.writing(publicActor, (env) =>
    env.system("tidy up jobs", async (system) => {
      const jobs = system.of(jobModel);
      const now = nowOf(system);
      const died = await jobs.search(
        [
          ["state", "=", "running"],
          ["lease_until", "<", now.toString()],
        ],
        { limit: 1_000 },
      );
      const error = "The server stopped while it ran; nothing of it was kept.";
      if (died.length > 0) await jobs.write(died, { state: "failed", done_at: now, error });
      const before = now.subtract({ hours: keptDays * 24 }).toString();
      const old = await jobs.search([["done_at", "<", before]], { limit: 1_000 });
      if (old.length > 0) await jobs.unlink(old);
      return died.length + old.length;
    }),
  );
}

function nowOf(env: Environment): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(env.clock.now());
}
