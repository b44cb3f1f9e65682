import type { Sabotage, Scene, Scope } from "@holdfast/trust/saboteur";
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
