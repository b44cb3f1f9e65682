import type { AccessRight, Group } from "@holdfast/framework/access/policy";
import type { App } from "@holdfast/framework/modules/app";
import { eraseMethod } from "./erase-method.ts";
import { contactForm, contactList, contactMenus, tagForm, tagList } from "./views.ts";

const groups: readonly Group[] = [
  { key: "contacts.user", label: "Contacts: editor", implies: ["base.user"] },
];

const rights: readonly AccessRight[] = [
  {
    group: "contacts.user",
    model: "res.partner",
    allow: ["read", "write", "create", "delete", "export", "import"],
  },
  { group: "contacts.user", model: "res.partner.category", allow: ["read", "write", "create"] },
];

/** The address book: everyone inside reads it, editors keep it. */
export const contactsApp: App = {
  name: "contacts",
  label: "Contacts",
  version: "0.1.0",
  depends: ["base"],
  models: [],
  extensions: [eraseMethod],
  groups,
  rights,
  lists: [contactList, tagList],
  forms: [contactForm, tagForm],
  menus: contactMenus,
};
