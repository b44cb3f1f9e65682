import { z } from "zod";
import type { Environment } from "../model/environment.ts";
import { type RemoteMethod, remoteMethod } from "../model/model.ts";
import { newSecret } from "./sign.ts";

const hooks = "hf.webhook";
const deliveries = "hf.webhook.delivery";
const nothing = z.strictObject({});

/** What buttons do with hooks. Each asks for the right to change the hook first. */
export const webhookMethods: Readonly<Record<string, RemoteMethod>> = {
  action_switch_on: secretOnce(
    onHook("Switch on", async (env, id) => {
      const [row] = await readHook(env, id);
      env.registry.model(String(row?.["res_model"]));
      if (row?.["secret"] != null) return change(env, id, { state: "on" });
      return showNewSecret(env, id, { state: "on" });
    }),
  ),
  action_switch_off: onHook("Switch off", (env, id) => change(env, id, { state: "off" })),
  action_new_secret: secretOnce(onHook("New signing secret", (env, id) => showNewSecret(env, id, {}))),
};

/** What is given up, or was held back, may be tried again by whoever may see it. */
export const deliveryMethods: Readonly<Record<string, RemoteMethod>> = {
  action_retry: remoteMethod({
    label: "Try again",
    on: "records",
    effect: "write",
    input: nothing,
    run: async (env, ids) => {
      await env.model(deliveries).read(ids, ["state"]);
      await env.system("send a message again that its administrator may see", async (system) => {
        const given = await system.model(deliveries).search([
          ["id", "in", [...ids]],
          ["state", "in", ["dead", "held", "waiting"]],
        ]);
        const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
        if (given.length > 0)
          await system.model(deliveries).write(given, { state: "waiting", attempts: 0, next_attempt: now });
      });
      return true;
    },
  }),
};

function secretOnce(method: RemoteMethod): RemoteMethod {
  return { ...method, answersSecret: true };
}

function onHook(label: string, work: (env: Environment, id: number) => Promise<unknown>): RemoteMethod {
  return remoteMethod({
    label,
    on: "records",
    effect: "write",
    input: nothing,
    run: async (env, ids) => {
      await env.model(hooks).write(ids, {});
      let last: unknown = true;
      for (const id of ids.slice(0, 1)) last = await work(env, id);
      return last;
    },
  });
}

function readHook(env: Environment, id: number) {
  return env.system("see whether a webhook has a secret", (system) =>
    system.model(hooks).read([id], ["secret", "res_model"] as never[]),
  ) as Promise<readonly Readonly<Record<string, unknown>>[]>;
}

async function change(
  env: Environment,
  id: number,
  values: Readonly<Record<string, unknown>>,
): Promise<true> {
  await env.system("switch a webhook that its owner may change, which was asked just before", (system) =>
    system.model(hooks).write([id], values),
  );
  return true;
}

/** The one moment at which the secret leaves the database. */
async function showNewSecret(
  env: Environment,
  id: number,
  values: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const secret = newSecret(env.random);
  await change(env, id, { ...values, secret });
  return {
    type: "secret",
    title: "The signing secret of this webhook",
    secret,
    message:
      "Give it to the receiver now: it is not shown again. Messages are signed as Standard Webhooks says.",
  };
}
