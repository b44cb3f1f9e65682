import { Vault } from "@holdfast/panel/vault";
import { listVaults } from "@holdfast/protocol/agent-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

/** Copies the agent's vault registry into the control database, where the panel and the trust page read it. */
export async function syncVaults({ agent, data }: Parts): Promise<void> {
  const { vaults } = await agent(listVaults, {});
  await data.writing(controlActor, async (env) => {
    const known = await env.of(Vault).searchRead([], ["name"]);
    for (const { name, dataCenter, ...place } of vaults) {
      const { attestations, ...shown } = place;
      const values = {
        name,
        data_center: dataCenter,
        ...shown,
        attestations: attestations.join(", ") || null,
      };
      const row = known.find((vault) => vault.name === name);
      if (row) await env.of(Vault).write([row.id], values);
      else await env.of(Vault).create([values]);
    }
    const gone = known.filter(({ name }) => !vaults.some((vault) => vault.name === name));
    if (gone.length > 0) await env.of(Vault).unlink(gone.map(({ id }) => id));
  });
}
