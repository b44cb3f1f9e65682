import type { Sabotage, Saboteur, Scene, Scope } from "@holdfast/trust/saboteur";
import type { Patch } from "@holdfast/trust/source-copy";

/** A sabotage of the code: scratch databases are served from sources with these changes, on a port of their own. */
export function weakenedServer(
  scene: Scene,
  {
    breaks,
    scope,
    patches,
  }: { readonly breaks: string; readonly scope: Scope; readonly patches: readonly Patch[] },
): Sabotage {
  return {
    breaks,
    apart: true,
    spoil: async () => {
      const server = await scene.server.weakened(patches);
      return { repair: server.stop, scope: { ...scope, port: server.port } };
    },
  };
}

/** A way to weaken the code in one place: what it breaks, the file, what stands there, what stands there then. */
export type Weakening = readonly [breaks: string, file: string, find: string, replace: string];

/** A saboteur of the code alone: each weakening serves one scratch database, and the intact sources serve it first. */
export function weakeningSaboteur({
  claim,
  weakenings,
}: {
  readonly claim: string;
  readonly weakenings: readonly Weakening[];
}): Saboteur {
  return {
    claim,
    set: async (scene) => {
      const databases = [(await scene.scratch("first")).name];
      const scope = { databases, port: await scene.server.intact() };
      return {
        scope,
        sabotages: weakenings.map(([breaks, file, find, replace]) =>
          weakenedServer(scene, { breaks, scope, patches: [{ file, find, replace }] }),
        ),
      };
    },
  };
}
