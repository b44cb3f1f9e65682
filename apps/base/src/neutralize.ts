import { factorModels } from "@holdfast/framework/identity/factors/models";
import { apiKeysModel, linksModel, throttleModel } from "@holdfast/framework/identity/models";
import { externalIdentitiesModel, providersModel } from "@holdfast/framework/identity/providers/models";
import { sessionModel } from "@holdfast/framework/identity/session-model";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { mailModel } from "@holdfast/framework/mail/models";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Model } from "@holdfast/framework/model/model";
import { deliveryModel, webhookModel } from "@holdfast/framework/webhooks/models";

const atOnce = 1_000;

/**
 * Tables that a copy has empty: whatever lets somebody in, or acts for somebody, without their password. Factors are
 * sealed under the original's key and would only lock people out; their passwords still count.
 */
export const emptiedInCopies: readonly string[] = [
  sessionModel.name,
  apiKeysModel.name,
  throttleModel.name,
  linksModel.name,
  ...factorModels.map(({ name }) => name),
  externalIdentitiesModel.name,
  "hf.signin.pending",
  "hf.api.once",
  jobModel.name,
];

/** Secret fields that are blanked in rows that stay, with what is switched off beside them. */
export const blankedInCopies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [webhookModel.name]: { state: "off", secret: null },
  [providersModel.name]: { active: false, secret_sealed: null },
};

/**
 * Makes a copy harmless before anybody reaches it: nothing waits to go out, nobody is let in without a password of
 * their own, no secret of another system is there. The egress gate of the server holds everything back besides.
 * Claim BAK-5; a test names every secret field that is neither emptied nor blanked.
 */
export async function neutralizeCopy(env: Environment): Promise<void> {
  await hold(env, mailModel.name, ["outgoing", "sending"]);
  await hold(env, deliveryModel.name, ["waiting", "sending"]);
  for (const name of emptiedInCopies) await empty(env, name);
  for (const [name, values] of Object.entries(blankedInCopies)) {
    const rows = await known(env, name)?.search([], { activeOnly: false, limit: 1_000_000 });
    if (rows !== undefined && rows.length > 0) await known(env, name)?.write(rows, { ...values });
  }
}

async function hold(env: Environment, name: string, states: readonly string[]): Promise<void> {
  for (;;) {
    const waiting = (await known(env, name)?.search([["state", "in", states]], { limit: atOnce })) ?? [];
    if (waiting.length === 0) return;
    await known(env, name)?.write(waiting, { state: "held" });
  }
}

async function empty(env: Environment, name: string): Promise<void> {
  for (;;) {
    const rows = (await known(env, name)?.search([], { activeOnly: false, limit: atOnce })) ?? [];
    if (rows.length === 0) return;
    await known(env, name)?.unlink(rows);
  }
}

function known(env: Environment, name: string) {
  const model: Model | undefined = env.registry.models.get(name);
  return model === undefined ? undefined : env.model(name);
}
