import type { Group } from "../access/policy.ts";
import {
  boolean,
  date,
  datetime,
  decimal,
  integer,
  longText,
  many2many,
  many2one,
  money,
  one2many,
  reference,
  selection,
  text,
} from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";

const kinds = [
  ["lead", "Lead"],
  ["client", "Client"],
  ["former", "Former"],
] as const;

/** People in a hierarchy, in teams, with tags: a model that has every kind of field a domain can ask about. */
export const person = defineModel({
  name: "sample.person",
  label: "Person",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name" }),
    nick: text({ label: "Nickname" }),
    note: longText({ label: "Note" }),
    motto: text({ label: "Motto", translated: true, index: true }),
    bonus: decimal({ label: "Bonus", scale: 2, perCompany: true }),
    /** Whether they work for the company that asks. */
    here: boolean({ label: "Works here", perCompany: true }),
    age: integer({ label: "Age" }),
    rate: decimal({ label: "Rate", scale: 2 }),
    born: date({ label: "Born" }),
    seen: datetime({ label: "Last seen" }),
    active: boolean({ label: "Active", default: true }),
    vip: boolean({ label: "Very important" }),
    kind: selection(kinds, { label: "Kind" }),
    parent_id: many2one("sample.person", { label: "Boss" }),
    mentor_id: many2one("sample.person", { label: "Mentor" }),
    team_id: many2one("sample.team", { label: "Team" }),
    about: reference(["sample.team", "sample.tag"], { label: "About" }),
    child_ids: one2many("sample.person", "parent_id", { label: "Staff" }),
    tag_ids: many2many("sample.tag", { label: "Tags" }),
    salary: integer({ label: "Salary", groups: ["sample.boss"] }),
    badge: text({ label: "Badge", groups: ["sample.boss"], unique: true }),
    token: text({ label: "Token", secret: true }),
    fee: money({ label: "Fee", currencyField: "team_id" }),
    team_name: text({ label: "Name of the team", related: "team_id.display_name" }),
    team_open: boolean({ label: "Open team", related: "team_id.open" }),
    team_lead_id: many2one("sample.person", { label: "Lead of the team", related: "team_id.lead_id" }),
    lead_kind: selection(kinds, { label: "Kind of the lead", related: "team_id.lead_id.kind" }),
    boss_age: integer({ label: "Age of the boss", related: "parent_id.age" }),
    boss_seen: datetime({ label: "Boss last seen", related: "parent_id.seen" }),
    boss_motto: text({ label: "Motto of the boss", related: "parent_id.motto" }),
    boss_bonus: decimal({ label: "Bonus of the boss", scale: 2, related: "parent_id.bonus" }),
    boss_team_id: many2one("sample.team", { label: "Team of the boss", related: "parent_id.team_id" }),
    boss_fee: money({ label: "Fee of the boss", currencyField: "boss_team_id", related: "parent_id.fee" }),
    /** Not for those for whom salaries are not: its own declaration does not say so. */
    boss_salary: integer({ label: "Salary of the boss", related: "parent_id.salary" }),
  },
});

/** A model without a hierarchy of its own. */
export const team = defineModel({
  name: "sample.team",
  label: "Team",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name" }),
    size: integer({ label: "Size" }),
    open: boolean({ label: "Open" }),
    lead_id: many2one("sample.person", { label: "Lead" }),
    company_id: many2one("res.company", { label: "Company" }),
    member_ids: one2many("sample.person", "team_id", { label: "Members" }),
  },
});

/** A small tree. */
export const tag = defineModel({
  name: "sample.tag",
  label: "Tag",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", translated: true }),
    color: integer({ label: "Color" }),
    parent_id: many2one("sample.tag", { label: "Parent" }),
    owner_ids: many2many("sample.person", { label: "Owners" }),
  },
});

/** Whom teams belong to. */
export const company = defineModel({
  name: "res.company",
  label: "Company",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name" }) },
});

/** All of them. */
export const sampleModels = [person, team, tag, company] as const;

/** Who may see salaries. */
export const bossGroup: Group = { key: "sample.boss", label: "Boss" };

/** An app of these models, with whatever access a test wants. */
export function sampleApp(access: Partial<Pick<App, "models" | "groups" | "rights" | "rules">> = {}): App {
  const groups = [bossGroup, ...(access.groups ?? [])];
  return {
    name: "sample",
    label: "Sample",
    version: "1",
    depends: [],
    models: [...sampleModels],
    ...access,
    groups,
  };
}
