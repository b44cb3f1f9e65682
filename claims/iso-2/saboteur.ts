import { postgresNames } from "@holdfast/trust/cluster-hands";
import type { Sabotage, Saboteur, Scene } from "@holdfast/trust/saboteur";

/** Opens doors between two scratch databases, as a careless administrator of the cluster would. */
export const isolationSaboteur: Saboteur = {
  claim: "ISO-2",
  set: async (scene) => {
    const [first, second] = [await scene.scratch("first"), await scene.scratch("second")];
    const [one, other] = [postgresNames(first.tenantId), postgresNames(second.tenantId)];
    const granted = `GRANT CONNECT ON DATABASE ${one.database} TO ${other.login}`;
    const revoked = `REVOKE CONNECT ON DATABASE ${one.database} FROM ${other.login}`;
    return {
      scope: { databases: [first.name, second.name] },
      sabotages: [
        statements(scene, {
          breaks: "a role was granted another database",
          spoil: granted,
          repair: revoked,
        }),
        {
          breaks: "a role was let into another database",
          spoil: async () => {
            const shut = await scene.clusters.admit(other.login, one.database);
            await scene.clusters.run("main", "postgres", granted);
            return {
              repair: async () => {
                await scene.clusters.run("main", "postgres", revoked);
                await shut();
              },
            };
          },
        },
        statements(scene, {
          breaks: "a role was made a member of another tenant's owner",
          spoil: `GRANT ${one.owner} TO ${other.login}`,
          repair: `REVOKE ${one.owner} FROM ${other.login}`,
        }),
        statements(scene, {
          breaks: "a role was allowed to run programs of the host",
          spoil: `GRANT pg_execute_server_program TO ${one.login}`,
          repair: `REVOKE pg_execute_server_program FROM ${one.login}`,
        }),
        statements(scene, {
          breaks: "large objects were opened to everybody",
          spoil: "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC",
          repair: "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC",
          database: one.database,
        }),
        statements(scene, {
          breaks: "locks that all databases share were opened to everybody",
          spoil: "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO PUBLIC",
          repair: "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC",
          database: one.database,
        }),
        statements(scene, {
          breaks: "dblink was installed",
          spoil: "CREATE EXTENSION dblink",
          repair: "DROP EXTENSION dblink",
          database: one.database,
        }),
        // Where one user runs all there is nothing between the two that could be opened.
        ...(process.getuid?.() === 0 ? openings(scene) : []),
      ],
    };
  },
};

/** What a careless change would leave open to the server, laid beside the real sockets and files of control. */
function openings({ doors }: Scene): Sabotage[] {
  return [
    {
      breaks: "a socket was opened to the server's user",
      spoil: async () => ({ repair: await doors.openSocket() }),
    },
    {
      breaks: "a file of control was opened to the server's user",
      spoil: async () => ({ repair: await doors.layReadable() }),
    },
  ];
}

function statements(
  scene: Scene,
  act: {
    readonly breaks: string;
    readonly spoil: string;
    readonly repair: string;
    readonly database?: string;
  },
): Sabotage {
  const run = async (statement: string) =>
    void (await scene.clusters.run("main", act.database ?? "postgres", statement));
  return {
    breaks: act.breaks,
    spoil: async () => {
      await run(act.spoil);
      return { repair: () => run(act.repair) };
    },
  };
}
