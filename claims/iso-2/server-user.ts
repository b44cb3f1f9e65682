import { serverReach } from "@holdfast/protocol/agent-methods";
import type { ProbeContext } from "@holdfast/trust/claim";
import { counted, type Verdict } from "@holdfast/trust/verdict";

/**
 * What a server that was taken over reaches beyond the customers it serves: tried by a process of its user, on each
 * socket, method, secret, folder and process that is there.
 *
 * @returns what was tried, in words.
 */
export async function tryServerUser({ agent, signal }: ProbeContext, verdict: Verdict): Promise<string> {
  const { enforced, tries } = await agent(serverReach, {}, { signal });
  if (!enforced) {
    verdict.note("server and control run under one user here, so their separation is not enforced");
    return "nothing was tried as the server's user";
  }
  const foreign = tries.filter(({ needed, outcome }) => !needed && outcome !== "missing");
  for (const { gain, target, outcome } of foreign)
    if (outcome === "reached") verdict.problem(`the server's user can ${gain}`, target);
    else
      verdict.expect(
        outcome === "refused",
        `a try of the server's user to ${gain} failed, but was not refused`,
        target,
      );
  for (const { gain, target, outcome } of tries.filter(({ needed }) => needed))
    verdict.expect(
      outcome === "reached",
      `the server's user cannot ${gain}, so that refusals prove nothing`,
      target,
    );
  return `${counted(foreign.length, "thing")} of the platform were tried as the server's system user`;
}
