import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const dispatch = "software/framework/src/remote/dispatch.ts";

/** Serves a scratch database from sources in which more can be called than was declared. */
export const dispatchSaboteur: Saboteur = {
  claim: "RPC-1",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    const weakened = (breaks: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file: dispatch, find, replace }] });
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        weakened(
          "methods were looked up through the prototype too",
          'typeof name === "string" && Object.hasOwn(model.methods ?? {}, name) ? model.methods?.[name] : undefined;',
          'typeof name === "string" ? (model.methods ?? {})[name] : undefined;',
        ),
        weakened(
          "a private name led to the public method",
          "(standardMethods.get(name) ?? ownMethods.get(name))",
          '(standardMethods.get(name.replace(/^_/, "")) ?? ownMethods.get(name))',
        ),
      ],
    };
  },
};
