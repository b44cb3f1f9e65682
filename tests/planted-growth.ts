import { jsonReply } from "@holdfast/framework/http/reply";
import type { Environment } from "@holdfast/framework/model/environment";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { input } from "@holdfast/framework/modules/input";

/** What of {@link plantedApp} must be noticed. */
export const planted: readonly string[] = ["GET /planted", "res.users.planted_growth"];

/** An app with a method and a page that ask once for each user of the database, whatever they are called on. */
export const plantedApp: App = {
  name: "planted",
  label: "Planted",
  version: "0.1.0",
  depends: ["base"],
  models: [],
  extensions: [
    {
      model: "res.users",
      methods: {
        planted_growth: remoteMethod({
          label: "Asks each user",
          on: "model",
          effect: "read",
          input: input.strictObject({}),
          run: askEach,
        }),
      },
    },
  ],
  routes: [
    {
      method: "GET",
      path: "/planted",
      who: "user",
      csrf: "none",
      body: "none",
      bodyLimitBytes: 0,
      summary: "Asks each user",
      handle: async (request) => jsonReply(await askEach(request.reading())),
    },
  ],
};

async function askEach(env: Environment): Promise<number> {
  const ids = await env.model("res.users").search([]);
  for (const id of ids) await env.model("res.users").read([id], ["display_name"]);
  return ids.length;
}
