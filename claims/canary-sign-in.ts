import { usersModel } from "@holdfast/framework/identity/models";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import { ensureSignInPolicy } from "@holdfast/framework/identity/signin-policy";
import type { Values } from "@holdfast/framework/model/model";
import { present } from "@holdfast/kernel/assert";
import type { OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import type { Visited } from "@holdfast/trust/visitor";
import { administratorOf, withIdentity } from "./canary-caller.ts";

/** A user of a database made for probes whose password is known, and the doors that they use. */
export interface CanaryPerson {
  readonly userId: number;
  /** The database's name, as the remote API wants it. */
  readonly database: string;
  readonly login: string;
  readonly password: string;
  /** Tries to sign in as a client with a session does. */
  signIn(password: string, login?: string): Promise<Visited>;
  /** Calls an address of the session's door by JSON. */
  post(path: string, params: unknown, cookie: string): Promise<Visited>;
}

/** Whether the answer of a sign-in opened a session. */
export function opened({ headers, body }: Visited): boolean {
  return (headers["set-cookie"] ?? []).some((one) => one.includes("session_id=")) && /"uid":[1-9]/.test(body);
}

/** The header `cookie` of the session that an answer opened. */
export function cookieOf({ headers }: Visited): string {
  return (headers["set-cookie"] ?? []).map((one) => one.split(";", 1)[0]).join("; ");
}

/** Gives the canary's administrator a password of the probe's own. @param claim - for whom; goes into the log. */
export async function canaryPerson(
  context: ProbeContext,
  tenant: OpenedTenant,
  claim: string,
): Promise<CanaryPerson> {
  const userId = await administratorOf(tenant.data, claim);
  const password = Buffer.from(context.random.bytes(24)).toString("base64url");
  await withIdentity(context, tenant, (identity) => identity.setPassword(userId, password));
  const [user] = await tenant.data.reading(probeActor(claim)).of(usersModel).read([userId], ["login"]);
  const own = present(user, "the user").login;
  const base = context.urlOf(tenant.name);
  const post = (path: string, params: unknown, cookie: string) =>
    context.visitor(base + path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: base, cookie },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params }),
      signal: context.signal,
    });
  const signIn = (given: string, login = own) =>
    post("/web/session/authenticate", { db: tenant.name, login, password: given }, "");
  return { userId, database: tenant.name, login: own, password, signIn, post };
}

/** Sets the policy of a database made for probes for the block alone. */
export async function withPolicy<T>(
  { data }: OpenedTenant,
  given: { readonly claim: string; readonly policy: Values<typeof policyModel> },
  block: (set: (policy: Values<typeof policyModel>) => Promise<void>) => Promise<T>,
): Promise<T> {
  const actor = probeActor(given.claim);
  const names = Object.keys(given.policy) as (keyof typeof policyModel.fields)[];
  const write = (values: Values<typeof policyModel>) =>
    data.writing(actor, async (env) => {
      await ensureSignInPolicy(env);
      const ids = await env.of(policyModel).search([], { limit: 1 });
      await env.of(policyModel).write(ids, values);
    });
  await write({});
  const [former] = await data.reading(actor).of(policyModel).searchRead([], names, { limit: 1 });
  const { id: _id, ...values } = present(former, "the policy");
  await write(given.policy);
  try {
    return await block(write);
  } finally {
    await write(values as Values<typeof policyModel>);
  }
}
