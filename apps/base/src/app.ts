import { administrationExtensions } from "@holdfast/framework/administration/extensions";
import { administrationModels } from "@holdfast/framework/administration/models";
import { attachmentModel } from "@holdfast/framework/files/attachment-model";
import { identityModels } from "@holdfast/framework/identity/models";
import { identityExtensions } from "@holdfast/framework/identity/user-methods";
import { jobModel } from "@holdfast/framework/jobs/job-model";
import { mailModels } from "@holdfast/framework/mail/models";
import { trashModel } from "@holdfast/framework/model/trash/trash-model";
import type { App } from "@holdfast/framework/modules/app";
import { remoteModels } from "@holdfast/framework/remote/models";
import { webhookModels } from "@holdfast/framework/webhooks/models";
import { baseGroups, baseRights, baseRules } from "./access.ts";
import { createBaseData } from "./base-data.ts";
import { companyModel, countryModel, countryStateModel } from "./company.ts";
import { currencyModel, currencyRateModel, langModel } from "./currency.ts";
import { eraseRoutes } from "./erase-routes.ts";
import { neutralizeCopy } from "./neutralize.ts";
import { partnerCategoryModel, partnerModel } from "./partner.ts";
import { keepLossOfRights } from "./restored.ts";
import { configParameterModel, externalIdModel, sequenceModel } from "./settings.ts";
import { unsubscribeRoutes } from "./unsubscribe-routes.ts";
import { baseForms, baseLists, baseMenus } from "./views.ts";

/** What every other app stands on: users, groups, companies, contacts' records, countries, currencies, mail. */
export const baseApp: App = {
  name: "base",
  label: "Settings",
  version: "0.1.0",
  depends: [],
  models: [
    ...identityModels,
    jobModel,
    trashModel,
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
  routes: [...unsubscribeRoutes, ...eraseRoutes],
  install: createBaseData,
  neutralize: neutralizeCopy,
  restored: keepLossOfRights,
};
