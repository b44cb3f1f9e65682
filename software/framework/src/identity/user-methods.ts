import { z } from "zod";
import { type ModelExtension, remoteMethod } from "../model/model.ts";
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
    },
  },
  { model: "hf.login.throttle", methods: throttleMethods },
];
