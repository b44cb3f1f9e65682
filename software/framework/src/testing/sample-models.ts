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
  one2many,
  reference,
  selection,
  text,
} from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";

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
    kind: selection(
      [
        ["lead", "Lead"],
        ["client", "Client"],
        ["former", "Former"],
      ],
      { label: "Kind" },
    ),
    parent_id: many2one("sample.person", { label: "Boss" }),
    mentor_id: many2one("sample.person", { label: "Mentor" }),
    team_id: many2one("sample.team", { label: "Team" }),
    about: reference(["sample.team", "sample.tag"], { label: "About" }),
    child_ids: one2many("sample.person", "parent_id", { label: "Staff" }),
    tag_ids: many2many("sample.tag", { label: "Tags" }),
    salary: integer({ label: "Salary", groups: ["sample.boss"] }),
    badge: text({ label: "Badge", groups: ["sample.boss"], unique: true }),
    token: text({ label: "Token", secret: true }),
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
