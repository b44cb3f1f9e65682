import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakeningSaboteur } from "../weakened-server.ts";

const dispatch = "software/framework/src/remote/dispatch.ts";

/** Serves a scratch database from sources in which more can be called than was declared. */
export const dispatchSaboteur: Saboteur = weakeningSaboteur({
  claim: "RPC-1",
  weakenings: [
    [
      "methods were looked up through the prototype too",
      dispatch,
      'typeof name === "string" && Object.hasOwn(model.methods ?? {}, name) ? model.methods?.[name] : undefined;',
      'typeof name === "string" ? (model.methods ?? {})[name] : undefined;',
    ],
    [
      "a private name led to the public method",
      dispatch,
      "standardMethod(model, name)",
      'standardMethod(model, name.replace(/^_/, ""))',
    ],
  ],
});
