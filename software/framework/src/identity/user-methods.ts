import { z } from "zod";
import { type ModelExtension, remoteMethod } from "../model/model.ts";
import { resetFactors } from "./factors/reset-factors.ts";
import { usersModel } from "./models.ts";
import { mailPasswordLink } from "./reset-mail.ts";
import { throttleMethods } from "./throttle-methods.ts";

/** What callers may do with identity's models besides reading and writing; `base` lists it among its extensions. */
export const identityExtensions: readonly ModelExtension[] = [
  {
    model: "res.users",
    methods: {
      action_reset_password: remoteMethod({
        label: "Mail a link to set a password",
        on: "records",
        effect: "write",
        input: z.object({}),
        async run(env, ids) {
          await env.of(usersModel).write(ids, {});
          for (const id of ids) await mailPasswordLink(env, id);
          return true;
        },
      }),
      action_reset_factors: remoteMethod({
        label: "Reset the second factor",
        on: "records",
        effect: "write",
        recent: true,
        input: z.object({}),
        async run(env, ids) {
          // Whoever may write a user's row decides who comes in by it.
          await env.of(usersModel).write(ids, {});
          for (const id of ids) await resetFactors(env, id, { by: "administrator" });
          return true;
        },
      }),
    },
  },
  { model: "hf.login.throttle", methods: throttleMethods },
];
