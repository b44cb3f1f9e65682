import { postgresNames } from "@holdfast/trust/cluster-hands";
import type { Sabotage, Saboteur } from "@holdfast/trust/saboteur";

/** Gives what belongs to one scratch database to the other's owner. */
export const ownershipSaboteur: Saboteur = {
  claim: "ISO-1",
  set: async (scene) => {
    const [first, second] = [await scene.scratch("first"), await scene.scratch("second")];
    const [one, other] = [postgresNames(first.tenantId), postgresNames(second.tenantId)];
    const given = (breaks: string, thing: string, within: string): Sabotage => ({
      breaks,
      spoil: async () => {
        await scene.clusters.run("main", within, `ALTER ${thing} OWNER TO ${other.owner}`);
        const repair = `ALTER ${thing} OWNER TO ${one.owner}`;
        return { repair: async () => void (await scene.clusters.run("main", within, repair)) };
      },
    });
    return {
      scope: { databases: [first.name, second.name] },
      sabotages: [
        given("a database was given to another tenant's owner", `DATABASE ${one.database}`, "postgres"),
        given("one table was given to another tenant's owner", "TABLE res_users", one.database),
      ],
    };
  },
};
