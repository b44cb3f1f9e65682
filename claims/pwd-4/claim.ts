import { throttleModel } from "@holdfast/framework/identity/models";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { type CanaryPerson, canaryPerson, opened, withPolicy } from "../canary-sign-in.ts";

const actor = probeActor("PWD-4");
const most = 3;
const cooldownMinutes = 7;

/** PWD-4: guessing is slowed down, as the customer's administrators set it. */
export const throttledSignIn: Claim = {
  id: "PWD-4",
  promise:
    "Repeated wrong passwords are refused for a while; how many and for how long, each customer's administrators say.",
  method:
    "In a database made for probes the policy is set to three failures. Three wrong passwords are sent over HTTPS; then the right one must be refused, until the wait is over, which is shortened in the database. With the policy set higher the same failures must not block; tries of many names must block the address.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Stage {
  readonly tenant: OpenedTenant;
  readonly person: CanaryPerson;
  readonly verdict: Verdict;
  tries: number;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  const verdict = new Verdict();
  const tries = await context.within(canary, async (tenant) => {
    const person = await canaryPerson(context, tenant, "PWD-4");
    const stage: Stage = { tenant, person, verdict, tries: 0 };
    const policy = {
      max_failures: most,
      max_source_failures: 100,
      window_minutes: 15,
      cooldown_minutes: cooldownMinutes,
    };
    await withPolicy(tenant, { claim: "PWD-4", policy }, async (set) => {
      await blocksAccount(stage);
      await set({ max_failures: most + 3 });
      await followsPolicy(stage);
      await set({ max_source_failures: most });
      await blocksSource(stage);
    });
    await forget(stage);
    return stage.tries;
  });
  return verdict.finding(
    `${counted(tries, "wrong password")} sent over HTTPS under three policies`,
    ": the right one is refused after as many as the policy says, for as long as it says, and by address too",
  );
}

async function blocksAccount(stage: Stage): Promise<void> {
  const { tenant, person, verdict } = stage;
  await forget(stage);
  for (let n = 0; n < most; n++) refused(stage, await wrong(stage, n), "a wrong password opens");
  const meanwhile = await person.signIn(person.password);
  verdict.expect(!opened(meanwhile), "guessing goes on without end", `after ${most} wrong passwords`);
  const rows = await tenant.data
    .reading(actor)
    .of(throttleModel)
    .searchRead([["blocked_until", "!=", null]], ["last_at", "blocked_until"]);
  const waits = rows.map((row) => row.blocked_until?.since(row.last_at).total("minutes") ?? 0);
  verdict.expect(
    waits.length > 0 && waits.every((wait) => Math.abs(wait - cooldownMinutes) < 0.1),
    "the wait is not the one that the policy says",
    `${waits.join(", ")} minutes`,
  );
  const past = Temporal.Instant.fromEpochMilliseconds(Date.now()).subtract({ minutes: 1 });
  await tenant.data.writing(actor, (env) =>
    env.of(throttleModel).write(
      rows.map(({ id }) => id),
      { blocked_until: past },
    ),
  );
  const after = await person.signIn(person.password);
  verdict.expect(opened(after), "a person stays locked out after the wait", `status ${after.status}`);
}

async function followsPolicy(stage: Stage): Promise<void> {
  await forget(stage);
  for (let n = 0; n < most; n++) refused(stage, await wrong(stage, n), "a wrong password opens");
  const right = await stage.person.signIn(stage.person.password);
  stage.verdict.expect(opened(right), "a policy that was raised does not count", `status ${right.status}`);
}

async function blocksSource(stage: Stage): Promise<void> {
  await forget(stage);
  for (let n = 0; n < most; n++)
    refused(stage, await wrong(stage, n, `nobody-${n}@example.com`), "a name that nobody has opens");
  const right = await stage.person.signIn(stage.person.password);
  stage.verdict.expect(!opened(right), "an address may try as many names as it likes", `after ${most} names`);
}

async function wrong(stage: Stage, n: number, login?: string): Promise<Visited> {
  stage.tries += 1;
  return stage.person.signIn(`not the password, number ${n}`, login);
}

function refused({ verdict }: Stage, answer: Visited, problem: string): void {
  verdict.expect(!opened(answer), problem, `status ${answer.status}`);
}

/** So that what is counted here is what was tried here; the database is the probes' own. */
function forget({ tenant }: Stage): Promise<void> {
  return tenant.data.writing(actor, async (env) => {
    const ids = await env.of(throttleModel).search([], { limit: 1_000 });
    if (ids.length > 0) await env.of(throttleModel).unlink(ids);
  });
}
