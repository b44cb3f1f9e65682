import { setTimeout as pause } from "node:timers/promises";
import { usersModel } from "@holdfast/framework/identity/models";
import { remoteMethod } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import { z } from "zod";

/** Rounds of the slow method, in all three seconds: long enough to lose a right meanwhile. */
export const slowRounds = 60;
const roundMilliseconds = 50;

/** Names that slow calls were begun with: the server of a test runs in the test's own process. */
export const slowCallsBegun = new Set<string>();

/** A method that takes long, reads all the while, and writes at its beginning: for tests of what happens meanwhile. */
export const slowApp: App = {
  name: "slow",
  label: "A slow method",
  version: "0.1.0",
  depends: ["base"],
  models: [],
  routes: [
    {
      method: "GET",
      path: "/linked/:token",
      who: "link",
      linkPurpose: "test.order",
      csrf: "none",
      body: "none",
      bodyLimitBytes: 0,
      summary: "Reads the one record of a link, by the link's own right.",
      async handle(request) {
        const { recordId = 0 } = request.link ?? {};
        const [row] = await request
          .reading()
          .model("res.partner")
          .read([recordId], ["display_name" as never]);
        return { status: 200, body: JSON.stringify(row) };
      },
    },
  ],
  extensions: [
    {
      model: "res.users",
      methods: {
        test_slowly: remoteMethod({
          label: "Does something slowly",
          on: "model",
          effect: "write",
          input: z.object({ name: z.string() }),
          async run(env, _ids, { name }) {
            await env.model("res.partner").create([{ name }]);
            slowCallsBegun.add(name);
            for (let round = 0; round < slowRounds; round++) {
              await env.of(usersModel).count([]);
              await pause(roundMilliseconds);
            }
            return true;
          },
        }),
      },
    },
  ],
};
