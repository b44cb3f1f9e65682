import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";
import { type ModelExtension, remoteMethod } from "../model/model.ts";
import { resetFactors } from "./factors/reset-factors.ts";
import { linksPathOf } from "./link-routes.ts";
import { usersModel } from "./models.ts";
import { policyModel } from "./policy-model.ts";
import { mailPasswordLinks } from "./reset-mail.ts";
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
          await mailPasswordLinks(env, ids);
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
          await resetFactors(env, ids, { by: "administrator" });
          return true;
        },
      }),
    },
  },
  {
    model: policyModel.name,
    methods: {
      action_links: remoteMethod({
        label: "Sign-ups under way",
        on: "records",
        effect: "read",
        input: z.object({}),
        async run(env, ids) {
          const [row] = await env.of(policyModel).read(ids.slice(0, 1), ["id"]);
          if (row === undefined)
            throw new ExpectedError("not_found", "No record was chosen.", {
              hint: "Choose the sign-in policy.",
            });
          return { type: "url", url: linksPathOf(policyModel.name, row.id) };
        },
      }),
    },
  },
  { model: "hf.login.throttle", methods: throttleMethods },
];
