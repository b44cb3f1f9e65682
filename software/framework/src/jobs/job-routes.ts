import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonReply } from "../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../http/route.ts";
import { readObject } from "../remote/arguments.ts";
import { queueJob } from "./job-queue.ts";
import { ownJob } from "./own-job.ts";

/** Calls that are made outside the request: for what takes longer than a page wants to wait. */
export const jobRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/web/jobs",
    who: "user",
    csrf: "origin",
    body: "json",
    bodyLimitBytes: 1_048_576,
    summary: "Asks for a call of a method that is made soon; answers with the job's id.",
    handle: ask,
  },
  {
    method: "GET",
    path: "/web/jobs/:id",
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "What became of one's own job.",
    handle: show,
  },
];

async function ask(request: RouteRequest): Promise<Reply> {
  const { model, method, args, kwargs } = readObject(request.json, "job");
  if (typeof model !== "string" || typeof method !== "string")
    throw new ExpectedError("bad_request", "A job names a model and a method.");
  const { tenant, actor, sessionKey, keyId } = request;
  const id = await queueJob(tenant.data, { actor, sessionKey, keyId }, { model, method, args, kwargs });
  tenant.jobWaits?.();
  return jsonReply({ id });
}

async function show(request: RouteRequest): Promise<Reply> {
  const id = Number(request.params["id"]);
  const job = Number.isInteger(id) ? await ownJob(request.reading(), id) : undefined;
  if (job === undefined) throw new ExpectedError("not_found", "There is no such job of yours.");
  return jsonReply(job);
}
