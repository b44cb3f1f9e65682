import type { Saboteur } from "@holdfast/trust/saboteur";

/** Damages a backup everywhere, and lets mail, then webhooks alone, out of copies. */
export const restoreSaboteur: Saboteur = {
  claim: "BAK-5",
  set: async (scene) => {
    const database = await scene.scratch("first");
    const backupId = await scene.backUp(database);
    const scope = { databases: [database.name] };
    return {
      scope,
      sabotages: [
        {
          breaks: "one byte of every copy of a backup was changed",
          spoil: async () => {
            const holding = scene.vaults.holding(database.tenantId, backupId);
            const repairs = holding.map((vault) => scene.vaults.flipByte(vault, database.tenantId, backupId));
            return { repair: async () => void repairs.map((repair) => repair()) };
          },
        },
        {
          breaks: "the gate through which mail leaves was opened for copies",
          apart: true,
          spoil: async () => {
            const server = await scene.server.weakened(
              [
                {
                  file: "software/framework/src/mail/egress.ts",
                  find: "return !tenant.neutralized;",
                  replace: "return tenant !== undefined;",
                },
              ],
              { mail: true },
            );
            return { repair: server.stop, scope: { ...scope, port: server.port } };
          },
        },
        {
          breaks: "webhooks no longer ask the gate whether they may leave a copy",
          apart: true,
          spoil: async () => {
            const server = await scene.server.weakened(
              [
                // The look at what is due asks the gate too; mail's own pump still does, so that the webhook alone tells.
                {
                  file: "software/framework/src/mail/next-sending.ts",
                  find: "if (!egressAllowed(tenant)) return null;",
                  replace: "",
                },
                {
                  file: "software/framework/src/webhooks/pump.ts",
                  find: "if (!egressAllowed(tenant) || !tenant.data",
                  replace: "if (!tenant.data",
                },
              ],
              { mail: true },
            );
            return { repair: server.stop, scope: { ...scope, port: server.port } };
          },
        },
      ],
    };
  },
};
