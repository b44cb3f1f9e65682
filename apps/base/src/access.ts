import type { AccessRight, Group, RecordRule } from "@holdfast/framework/access/policy";
import { administrationRights, administrationRules } from "@holdfast/framework/administration/access";
import { identityGroups, identityRights, identityRules } from "@holdfast/framework/identity/model-access";
import { jobRights, jobRules } from "@holdfast/framework/jobs/job-access";
import { mailRights } from "@holdfast/framework/mail/mail-access";
import { webhookRights, webhookRules } from "@holdfast/framework/webhooks/webhook-access";
import { unsubscribeLink } from "./unsubscribe-link.ts";

/** Visitor, portal user, internal user, administrator; and who says by link that they want no mails: no right at all. */
export const baseGroups: readonly Group[] = [
  ...identityGroups,
  { key: `link.${unsubscribeLink}`, label: "Holder of a link that ends mails" },
];

const everyoneInside = [
  "res.partner",
  "res.partner.category",
  "res.company",
  "res.country",
  "res.country.state",
  "res.currency",
  "res.currency.rate",
  "res.lang",
];
const kept = [
  "res.company",
  "res.country",
  "res.country.state",
  "res.currency",
  "res.currency.rate",
  "res.lang",
  "res.partner.category",
  "ir.sequence",
  "ir.config_parameter",
  "ir.model.data",
];

const everything = ["read", "write", "create", "delete", "export", "import"] as const;

/** Default deny: what is not granted here or by another app does not happen. */
export const baseRights: readonly AccessRight[] = [
  ...identityRights,
  ...administrationRights,
  ...mailRights,
  ...webhookRights,
  ...jobRights,
  ...everyoneInside.map((model): AccessRight => ({ group: "base.user", model, allow: ["read"] })),
  ...kept.map((model): AccessRight => ({ group: "base.admin", model, allow: everything })),
  { group: "base.admin", model: "res.partner", allow: everything },
  { group: "base.portal", model: "res.partner", allow: ["read"] },
  { group: "base.portal", model: "res.country", allow: ["read"] },
  { group: "base.portal", model: "res.country.state", allow: ["read"] },
  { group: "base.portal", model: "res.currency", allow: ["read"] },
];

/** The company scope binds everyone; the rest says who sees which contact. */
export const baseRules: readonly RecordRule[] = [
  ...identityRules,
  ...administrationRules,
  ...webhookRules,
  ...jobRules,
  {
    key: "base.partner.company",
    model: "res.partner",
    label: "Contacts of other companies stay with them",
    condition: "company_id == null || company_id in actor.company_ids",
  },
  {
    key: "base.partner.internal",
    model: "res.partner",
    label: "Internal users see the contacts of their companies",
    groups: ["base.user"],
    condition: "true",
  },
  {
    key: "base.partner.portal",
    model: "res.partner",
    label: "Portal users see themselves",
    groups: ["base.portal"],
    operations: ["read"],
    condition: "id == actor.partner_id",
  },
];
