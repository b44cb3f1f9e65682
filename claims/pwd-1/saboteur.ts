import { pbkdf2Sync } from "node:crypto";
import { postgresNames } from "@holdfast/trust/cluster-hands";
import type { Sabotage, Saboteur, Scene, ScratchDatabase } from "@holdfast/trust/saboteur";

/** Writes into a scratch database what a careless import or an old version would leave there. */
export const hashSaboteur: Saboteur = {
  claim: "PWD-1",
  set: async (scene) => {
    const first = await scene.scratch("first");
    const second = await scene.scratch("second");
    const stored = (hash: string, breaks: string) => withHash(scene, first, { hash, breaks });
    const theirs = await readHash(scene, second);
    return {
      scope: { databases: [first.name, second.name] },
      sabotages: [
        stored(weakHash("sha512", 1_000), "a hash of 1,000 rounds was stored"),
        stored("correct horse battery staple", "a password was stored as it is"),
        stored(`$2b$12$${"a".repeat(53)}`, "a hash of another scheme was stored"),
        stored(theirs, "another user's hash and salt were copied"),
      ],
    };
  },
};

function weakHash(algorithm: string, rounds: number): string {
  const salt = Buffer.alloc(16, 7);
  const ab64 = (bytes: Buffer) => bytes.toString("base64").replaceAll("+", ".").replace(/=+$/, "");
  return `$pbkdf2-${algorithm}$${rounds}$${ab64(salt)}$${ab64(pbkdf2Sync("secret", salt, rounds, 64, algorithm))}`;
}

function withHash(
  scene: Scene,
  database: ScratchDatabase,
  { hash, breaks }: { readonly hash: string; readonly breaks: string },
): Sabotage {
  return {
    breaks,
    spoil: async () => {
      const former = await readHash(scene, database);
      await writeHash(scene, database, hash);
      return { repair: () => writeHash(scene, database, former) };
    },
  };
}

const chosen = "(SELECT id FROM res_users WHERE password_hash IS NOT NULL ORDER BY id LIMIT 1)";

function readHash(scene: Scene, { tenantId }: ScratchDatabase): Promise<string> {
  const { database } = postgresNames(tenantId);
  return scene.clusters.run("main", database, `SELECT password_hash FROM res_users WHERE id = ${chosen}`);
}

async function writeHash(scene: Scene, { tenantId }: ScratchDatabase, hash: string): Promise<void> {
  const { database } = postgresNames(tenantId);
  const literal = `'${hash.replaceAll("'", "''")}'`;
  await scene.clusters.run(
    "main",
    database,
    `UPDATE res_users SET password_hash = ${literal} WHERE id = ${chosen}`,
  );
}
