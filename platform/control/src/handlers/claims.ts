import { standingOf } from "@holdfast/panel/standing";
import {
  createScratch,
  listClaims,
  measureClaim,
  noteSabotage,
  runClaims,
  sweepScratch,
} from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { keepSabotage, readEvidence } from "@holdfast/trust/evidence";
import type { Measurer } from "../claims/measurer.ts";
import { makeProbeDatabase } from "../claims/probe-databases.ts";
import { sweepProbeDatabases } from "../claims/sweep.ts";
import type { ControlContext } from "../context.ts";

/** What the command line and the saboteurs ask about claims. */
export function claimHandlers(context: ControlContext, measurer: Measurer): Handler[] {
  const { parts } = context;
  return [
    handle(listClaims, async () => ({ claims: await shownClaims(context) })),
    handle(runClaims, async ({ only }, { signal, progress }) => {
      const chosen = only === undefined ? measurer.claims : only.map((id) => measurer.claim(id));
      for (const [done, claim] of chosen.entries()) {
        progress({ step: `measuring ${claim.id}`, done, total: chosen.length, unit: "claims" });
        await measurer.run(claim, signal);
      }
      const all = await shownClaims(context);
      return { claims: all.filter(({ id }) => chosen.some((claim) => claim.id === id)) };
    }),
    handle(measureClaim, async ({ id, databases, port, repository }, { signal }) => {
      const scope = { databases, port, repository };
      const measured = await measurer.judge(measurer.claim(id), scope, signal);
      const { state, summary, details = {}, broken } = measured;
      return { state, summary, details, broken };
    }),
    handle(noteSabotage, async ({ id, caught, summary }) => {
      const claimId = measurer.claim(id).id;
      await keepSabotage(parts.data, { claimId, caught, summary, at: parts.clock.now() });
      return {};
    }),
    handle(createScratch, async (_input, { signal }) => {
      const name = `scratch-${Buffer.from(parts.random.bytes(6)).toString("hex")}`;
      const { tenantId } = await makeProbeDatabase(context, name, signal);
      return { name, tenantId };
    }),
    handle(sweepScratch, async (_input, { signal }) => ({
      removed: await sweepProbeDatabases(context, signal),
    })),
  ];
}

async function shownClaims({ parts }: ControlContext) {
  const rows = await readEvidence(parts.data);
  return rows.map((row) => ({
    id: row.claim,
    title: row.promise,
    state: row.state,
    simulated: row.simulated,
    standing: standingOf(row, parts.clock.now()),
    evidence: row.summary ?? "Not measured yet.",
    checkedAt: row.measured_at?.toString() ?? null,
    maxAgeMinutes: row.max_age_minutes,
    saboteur: row.saboteur,
    sabotagedAt: row.sabotaged_at?.toString() ?? null,
    sabotage: row.sabotage_summary,
  }));
}
