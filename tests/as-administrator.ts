import type { Actor } from "@holdfast/framework/access/actor";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { CompanyHost } from "./company-host.ts";
import type { Arguments } from "./every-method.ts";

/** An administrator who has just confirmed who they are. Asked for before statements are counted. */
export async function administrator(host: CompanyHost): Promise<Actor> {
  return { ...(await host.actor("admin")), confirmedAtMs: Date.now() };
}

/** Calls a remote method as somebody. */
export function callAs(
  host: CompanyHost,
  actor: Actor,
  { model, method, args = [], kwargs = {} }: RemoteAsk,
): Promise<unknown> {
  return dispatch(host.database.data, actor, { model, method, args: [...args], kwargs });
}

interface RemoteAsk extends Arguments {
  readonly model: string;
  readonly method: string;
}

/**
 * The same; by our own code where they have no right to it. What is refused all the same is no failure: many verbs
 * make no sense on many models.
 *
 * @returns why it was refused; undefined when it was not.
 */
export async function callAllowed(
  host: CompanyHost,
  actor: Actor,
  ask: RemoteAsk,
): Promise<ExpectedError | undefined> {
  const refused = await refusal(callAs(host, actor, ask));
  if (refused?.code !== "access_denied" && refused?.code !== "not_found") return refused;
  return refusal(callAs(host, host.database.system(), ask));
}

async function refusal(work: Promise<unknown>): Promise<ExpectedError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    throw error;
  }
}
