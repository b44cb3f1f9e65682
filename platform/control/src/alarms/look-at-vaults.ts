import type { Environment } from "@holdfast/framework/model/environment";
import { BackupCopy } from "@holdfast/panel/backup";
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
        ...(await copiesIn(env, name)),
      });
    }
  });
}

/** What the control database knows of a vault's copies; that one is damaged is found when it is read back. */
async function copiesIn(env: Environment, vault: string) {
  const whole = [
    ["vault", "=", vault],
    ["state", "=", "stored"],
  ] as const;
  const [newest] = await env
    .of(BackupCopy)
    .searchRead(whole, ["read_back_at"], { limit: 1, order: "read_back_at desc" });
  return {
    copies: await env.of(BackupCopy).count(whole),
    bad_copies: await env.of(BackupCopy).count([
      ["vault", "=", vault],
      ["state", "in", ["damaged", "missing", "away"]],
    ]),
    last_stored_at: newest?.read_back_at ?? null,
  };
}
