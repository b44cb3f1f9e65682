import { ExpectedError } from "@holdfast/kernel/errors";
import { actorKey } from "../access/actor-key.ts";
import type { Witness } from "../model/environment.ts";
import type { Caller } from "./caller.ts";
import type { Tenant } from "./route.ts";

/** Callers remembered for one tenant; the one not seen for longest goes first. */
const maxRemembered = 2_000;

/**
 * Callers as they were at their last request. Nothing is decided by this: it says which first statement to send
 * together with the check of who asks, and the check says whether anybody may see what it gives.
 */
export class LastSeen {
  readonly #callers = new WeakMap<Tenant, Map<string, Caller>>();

  of(tenant: Tenant, credential: string): Caller | undefined {
    return this.#callers.get(tenant)?.get(credential);
  }

  keep(tenant: Tenant, credential: string, caller: Caller): void {
    let callers = this.#callers.get(tenant);
    if (callers === undefined) this.#callers.set(tenant, (callers = new Map()));
    callers.delete(credential);
    if (callers.size >= maxRemembered) callers.delete(callers.keys().next().value as string);
    if (caller.actor.kind === "user") callers.set(credential, { ...caller, cookies: [] });
  }
}

/** Whether two callers are alike in all that an answer may depend on. */
export function sameCaller(one: Caller, other: Caller): boolean {
  return (
    one.sessionKey === other.sessionKey &&
    one.keyId === other.keyId &&
    one.binding === other.binding &&
    one.link === other.link &&
    actorKey(one.actor) === actorKey(other.actor)
  );
}

interface Overlapped {
  readonly guess: Caller;
  check(tenant: Tenant): Promise<Caller>;
}
type Work<T> = (tenant: Tenant, caller: Caller) => Promise<T>;
interface Outcome<T> {
  readonly result: T;
  readonly caller: Caller;
}

/**
 * Runs `work` for the caller as last seen while the check is under way. Its data hand out no result, and no change
 * is done, before it is sure that nothing about the caller has changed; when something has, what it came to is
 * thrown away, be it an answer or a failure, and it runs again.
 *
 * Where the caller rests on what was read of one record, the check is that this reads the same: with the first
 * statement, or inside the transaction of a change that is one statement. Else the caller is found out anew, and
 * compared.
 *
 * @throws what the check throws: a session that is over ends the request, whatever `work` has done by then.
 */
export function overlapped<T>(tenant: Tenant, given: Overlapped, work: Work<T>): Promise<Outcome<T>> {
  const { rests } = given.guess;
  return rests?.fresh() === true
    ? whileUnchanged(tenant, { ...given, on: rests.on }, work)
    : besideCheck(tenant, given, work);
}

async function whileUnchanged<T>(
  tenant: Tenant,
  { guess, check, on }: Overlapped & { readonly on: Witness },
  work: Work<T>,
): Promise<Outcome<T>> {
  const { data, stands } = tenant.data.provided(on);
  const [outcome] = await Promise.allSettled([work({ ...tenant, data }, guess)]);
  if (!(await stands())) {
    const caller = await check(tenant);
    return { result: await work(tenant, caller), caller };
  }
  if (outcome.status === "rejected") throw outcome.reason;
  return { result: outcome.value, caller: guess };
}

async function besideCheck<T>(
  tenant: Tenant,
  { guess, check }: Overlapped,
  work: Work<T>,
): Promise<Outcome<T>> {
  const data = tenant.data.oneRequest();
  const checked = check({ ...tenant, data });
  const confirmed = checked.then((caller) => {
    if (!sameCaller(caller, guess)) throw changedSince();
  });
  const [tried, [found]] = await Promise.all([
    Promise.allSettled([work({ ...tenant, data: data.oneRequest(confirmed) }, guess)]),
    Promise.allSettled([checked, confirmed]),
  ]);
  if (found.status === "rejected") throw found.reason;
  const caller = found.value;
  if (!sameCaller(caller, guess)) return { result: await work(tenant, caller), caller };
  const [outcome] = tried;
  if (outcome.status === "rejected") throw outcome.reason;
  return { result: outcome.value, caller };
}

/** Nobody sees it: what met it runs again. */
function changedSince(): ExpectedError {
  return new ExpectedError("unauthenticated", "What may be done has changed meanwhile.", {
    hint: "Try again.",
  });
}
