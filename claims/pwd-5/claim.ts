import { policyModel } from "@holdfast/framework/identity/policy-model";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { type CanaryPerson, canaryPerson, cookieOf, opened, withPolicy } from "../canary-sign-in.ts";

/** PWD-5: what a password must be. */
export const longPasswords: Claim = {
  id: "PWD-5",
  promise:
    "Administrators set how long passwords must be; common ones are refused, and no kinds of characters are asked for.",
  method:
    "In a database made for probes a signed-in person changes their password over HTTPS: to one that is a character too short, to leaked ones, to the database's own name; all must be refused. A sentence of 130 small letters and spaces must be taken. With the policy raised, what was long enough must be refused; a policy below 8 must be refused to the administrator.",
  maxAgeMinutes: 1_440,
  probe,
};

const leaked = ["passwordpassword", "1q2w3e4r5t6y7u8i9o", "Princess!1234567"];

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  const verdict = new Verdict();
  const tried = await context.within(canary, async (tenant) => {
    const person = await canaryPerson(context, tenant, "PWD-5");
    const policy = { min_password_length: 15, min_password_length_factor: 15 };
    return withPolicy(tenant, { claim: "PWD-5", policy }, async (set) => {
      const change = await changer(context, person, verdict);
      await refusals(context, { tenant, verdict, change });
      await change(sentence(context), "a long sentence of small letters is refused", true);
      await set({ min_password_length: 20, min_password_length_factor: 20 });
      await change(letters(context, 19), "a raised minimum length does not count", false);
      await change(letters(context, 20), "a password of exactly the minimum length is refused", true);
      await floor(tenant, verdict);
      return change.tried();
    });
  });
  return verdict.finding(
    `${counted(tried, "password")} tried over HTTPS under two policies`,
    ": short, leaked and local ones refused, a long sentence without digits taken",
  );
}

interface Change {
  /** Tries to change the password, with what it means when the outcome is not as wanted. */
  (fresh: string, problem: string, wanted: boolean): Promise<void>;
  tried(): number;
}

async function changer(context: ProbeContext, person: CanaryPerson, verdict: Verdict): Promise<Change> {
  const answer = await person.signIn(person.password);
  verdict.expect(opened(answer), "the probe could not sign in, so that refusals prove nothing", answer.body);
  let cookie = cookieOf(answer);
  let present = person.password;
  let tried = 0;
  const change = async (fresh: string, problem: string, wanted: boolean): Promise<void> => {
    context.signal.throwIfAborted();
    tried += 1;
    const params = { old_password: present, new_password: fresh };
    const changed = await person.post("/web/session/change_password", params, cookie);
    if (changed.headers["set-cookie"] !== undefined) cookie = cookieOf(changed);
    const taken = /"result":true/.test(changed.body);
    if (taken) present = fresh;
    verdict.expect(taken === wanted, problem, `${fresh.length} characters: status ${changed.status}`);
  };
  return Object.assign(change, { tried: () => tried });
}

async function refusals(
  context: ProbeContext,
  { tenant, change }: { readonly tenant: OpenedTenant; readonly verdict: Verdict; readonly change: Change },
): Promise<void> {
  await change(letters(context, 14), "a password that is too short is taken", false);
  for (const common of leaked) await change(common, "a leaked password is taken", false);
  const own = `${tenant.name}-${tenant.name}-2026`.padEnd(15, "!");
  await change(own, "the database's own name is taken for a password", false);
}

/** A careless administrator must not open the door to everybody. */
async function floor({ data }: OpenedTenant, verdict: Verdict): Promise<void> {
  const actor = probeActor("PWD-5");
  const lowered = await data
    .writing(actor, async (env) => {
      const ids = await env.of(policyModel).search([], { limit: 1 });
      await env.of(policyModel).write(ids, { min_password_length: 7 });
      return true;
    })
    .catch((error: unknown) => {
      if (error instanceof ExpectedError) return false;
      throw error;
    });
  verdict.expect(!lowered, "a minimum below 8 is taken", "7 characters");
}

function letters({ random }: ProbeContext, count: number): string {
  return [...random.bytes(count)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
}

function sentence(context: ProbeContext): string {
  return Array.from({ length: 26 }, () => letters(context, 4)).join(" ");
}
