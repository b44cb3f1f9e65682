import { administrationExtensions } from "@holdfast/framework/administration/extensions";
import { administrationModels } from "@holdfast/framework/administration/models";
import { attachmentModel } from "@holdfast/framework/files/attachment-model";
import { identityModels } from "@holdfast/framework/identity/models";
import { identityExtensions } from "@holdfast/framework/identity/user-methods";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { mailModel, mailModels } from "@holdfast/framework/mail/models";
import type { Environment } from "@holdfast/framework/model/environment";
import type { App } from "@holdfast/framework/modules/app";
import { remoteModels } from "@holdfast/framework/remote/models";
import { deliveryModel, webhookModel, webhookModels } from "@holdfast/framework/webhooks/models";
import { baseGroups, baseRights, baseRules } from "./access.ts";
import { createBaseData } from "./base-data.ts";
import { companyModel, countryModel, countryStateModel } from "./company.ts";
import { currencyModel, currencyRateModel, langModel } from "./currency.ts";
import { partnerCategoryModel, partnerModel } from "./partner.ts";
import { keepLossOfRights } from "./restored.ts";
import { configParameterModel, externalIdModel, sequenceModel } from "./settings.ts";
import { baseForms, baseLists, baseMenus } from "./views.ts";

const heldAtOnce = 1_000;

/** What every other app stands on: users, groups, companies, contacts' records, countries, currencies, mail. */
export const baseApp: App = {
  name: "base",
  label: "Settings",
  version: "0.1.0",
  depends: [],
  models: [
    ...identityModels,
    jobModel,
    ...mailModels,
    ...remoteModels,
    ...webhookModels,
    ...administrationModels,
    attachmentModel,
    companyModel,
    countryModel,
    countryStateModel,
    currencyModel,
    currencyRateModel,
    langModel,
    partnerModel,
    partnerCategoryModel,
    sequenceModel,
    configParameterModel,
    externalIdModel,
  ],
  extensions: [...identityExtensions, ...administrationExtensions],
  groups: baseGroups,
  rights: baseRights,
  rules: baseRules,
  lists: baseLists,
  forms: baseForms,
  menus: baseMenus,
  install: createBaseData,
  neutralize: holdOutgoing,
  restored: keepLossOfRights,
};

async function holdOutgoing(env: Environment): Promise<void> {
  await holdMail(env);
  await holdWebhooks(env);
}

/** A copy tells nobody anything: hooks are off, their secrets gone, messages stay where they are (claim BAK-5). */
async function holdWebhooks(env: Environment): Promise<void> {
  const hooks = await env.of(webhookModel).search([]);
  if (hooks.length > 0) await env.of(webhookModel).write(hooks, { state: "off", secret: null });
  for (;;) {
    const messages = env.of(deliveryModel);
    const waiting = await messages.search([["state", "in", ["waiting", "sending"]]], { limit: heldAtOnce });
    if (waiting.length === 0) return;
    await messages.write(waiting, { state: "held" });
  }
}

/** Whatever still waited in the copied queue stays there; the egress gate would hold it as well (claim BAK-5). */
async function holdMail(env: Environment): Promise<void> {
  const mails = env.of(mailModel);
  for (;;) {
    const waiting = await mails.search([["state", "in", ["outgoing", "sending"]]], { limit: heldAtOnce });
    if (waiting.length === 0) return;
    await mails.write(waiting, { state: "held" });
  }
}
