import { Vault } from "@holdfast/panel/vault";
import { lookAtVaults } from "@holdfast/protocol/agent-methods";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** Asks how each vault is and keeps when it last answered: a vault that is never seen again is an alarm. */
export async function keepVaultLooks({ agent, data }: Pick<Parts, "agent" | "data">): Promise<void> {
  const { vaults } = await agent(lookAtVaults, {});
  await data.writing(controlActor, async (env) => {
    const seen = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    for (const { name, answers, trouble, freeBytes, wantedFreeBytes } of vaults) {
      const ids = await env.of(Vault).search([["name", "=", name]]);
      await env.of(Vault).write(ids, {
        answers,
        trouble,
        free_bytes: freeBytes === null ? null : String(freeBytes),
        wanted_free_bytes: wantedFreeBytes === null ? null : String(wantedFreeBytes),
        ...(answers ? { last_seen_at: seen } : {}),
      });
    }
  });
}
