import { attachmentModel } from "../files/attachment-model.ts";
import { identityGroups, identityRights, identityRules } from "../identity/model-access.ts";
import { groupsModel, identityModels } from "../identity/models.ts";
import { identityExtensions } from "../identity/user-methods.ts";
import { jobRights, jobRules } from "../jobs/job-access.ts";
import { jobModel } from "../jobs/job-model.ts";
import { mailModels } from "../mail/models.ts";
import { text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";
import { remoteModels } from "../remote/models.ts";
import { webhookModels } from "../webhooks/models.ts";

const partnerModel = defineModel({
  name: "res.partner",
  label: "Contact",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }) },
});

const companyModel = defineModel({
  name: "res.company",
  label: "Company",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }) },
});

/** The least app that people can sign in to: identity's models and what they refer to. */
export const identityApp: App = {
  name: "base",
  label: "Base for tests of identity",
  version: "0.1.0",
  depends: [],
  models: [
    ...identityModels,
    ...mailModels,
    ...remoteModels,
    ...webhookModels,
    jobModel,
    attachmentModel,
    partnerModel,
    companyModel,
  ],
  extensions: identityExtensions,
  groups: [
    ...identityGroups,
    { key: "link.password.reset", label: "Sets a password by link" },
    { key: "link.test.order", label: "Opens a test order" },
  ],
  rights: [
    ...identityRights,
    ...jobRights,
    { group: "base.user", model: "res.partner", allow: ["read", "write", "create"] },
    { group: "link.test.order", model: "res.partner", allow: ["read"] },
  ],
  rules: [
    ...identityRules,
    ...jobRules,
    {
      key: "test.link",
      model: "res.partner",
      label: "The linked one",
      groups: ["link.test.order"],
      condition: "id == actor.record_id",
    },
  ],
  async install(env) {
    if ((await env.of(groupsModel).count([], { limit: 1 })) > 0) return;
    await env.of(groupsModel).create(identityGroups.map((group) => ({ key: group.key, name: group.label })));
  },
};
