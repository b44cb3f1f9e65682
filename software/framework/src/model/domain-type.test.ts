/** What the compiler knows of domains, and what it refuses. Checked by `tsc`; nothing here runs. */
import { usersModel } from "../identity/models.ts";
import type { DomainOf } from "./domain-type.ts";
import type { Domain, Environment } from "./environment.ts";
import {
  boolean,
  date,
  datetime,
  decimal,
  json,
  many2one,
  one2many,
  reference,
  selection,
  text,
} from "./field.ts";
import { defineModel } from "./model.ts";

const guest = defineModel({
  name: "typed.guest",
  label: "Guest",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    rate: decimal({ label: "Rate", scale: 2 }),
    born: date({ label: "Born" }),
    seen: datetime({ label: "Seen" }),
    vip: boolean({ label: "Important" }),
    answers: json({ label: "Answers" }),
    state: selection(
      [
        ["new", "New"],
        ["kept", "Kept"],
      ],
      { label: "State" },
    ),
    host_id: many2one("typed.guest", { label: "Host" }),
    user_id: many2one("res.users", { label: "User" }),
    about: reference(["typed.guest", "res.users"], { label: "About" }),
    motto: text({ label: "Motto", translated: true }),
    cost: decimal({ label: "Cost", scale: 2, perCompany: true }),
    stranger_id: many2one("another.app", { label: "Of another app" }),
    guest_ids: one2many("typed.guest", "host_id", { label: "Guests" }),
  },
});

declare module "./domain-type.ts" {
  interface ModelTypes {
    readonly "typed.guest": typeof guest;
  }
}

export async function accepted(env: Environment, day: Temporal.PlainDate, ids: number[]): Promise<void> {
  const guests = env.of(guest);
  await guests.search([
    "|",
    ["name", "ilike", "ann"],
    "&",
    ["rate", ">=", "1.50"],
    ["born", "<", day],
    ["seen", "=", day],
    ["vip", "!=", true],
    ["answers", "!=", false],
    ["state", "in", ["new", false]],
    ["id", "in", ids],
    ["id", "child_of", ids],
    ["host_id", "=", false],
    ["host_id", "child_of", "Ann"],
    ["about", "=", "res.users,7"],
    ["about", "in", ["res.users,7", false]],
    ["about", "ilike", "ann"],
    ["motto", "ilike", "semper"],
    ["cost", ">", "1.50"],
    ["guest_ids", "any", [["name", "=", "Bob"]]],
    ["host_id.host_id.guest_ids.name", "=ilike", "b%"],
    ["host_id.user_id.login", "=", "ann"],
    ["create_uid.login", "=", "ann"],
    ["stranger_id.whatever", "=", 1],
  ]);
  const more: DomainOf<typeof guest> = [["name", "=", "Ann"]];
  await guests.count([...more, ["vip", "=", true]]);
  await guests.searchRead(more, ["name"]);
  const fromOutside: Domain = [["anything", "=", 1]];
  await env.model("typed.guest").search(fromOutside);
  const [group] = await guests.readGroup([], ["state"], []);
  if (group !== undefined) await guests.search(group.__domain);
}

export async function refused(env: Environment, outside: Domain, name: string): Promise<void> {
  const guests = env.of(guest);
  // @ts-expect-error a field that is not there
  await guests.search([["nome", "=", "x"]]);
  // @ts-expect-error a field by a name that nobody knows
  await guests.search([[name, "=", "x"]]);
  // @ts-expect-error an operator that is none
  await guests.search([["name", "==", "x"]]);
  // @ts-expect-error a sign that is none
  await guests.search(["^", ["name", "=", "x"], ["vip", "=", true]]);
  // @ts-expect-error text looked for in a number
  await guests.search([["rate", "ilike", "1"]]);
  // @ts-expect-error an order of what has none
  await guests.search([["vip", "<", true]]);
  // @ts-expect-error an order of relations
  await guests.search([["host_id", ">", 3]]);
  // @ts-expect-error a tree of a text
  await guests.search([["name", "child_of", 3]]);
  // @ts-expect-error records behind a text
  await guests.search([["name", "any", []]]);
  // @ts-expect-error JSON compared with a value
  await guests.search([["answers", "=", "x"]]);
  // @ts-expect-error a text is no number
  await guests.search([["name", "=", 5]]);
  // @ts-expect-error a number is no day
  await guests.search([["born", "=", 5]]);
  // @ts-expect-error a flag is true or false
  await guests.search([["vip", "=", "yes"]]);
  // @ts-expect-error a value that is not among the options
  await guests.search([["state", "=", "old"]]);
  // @ts-expect-error nor in a list
  await guests.search([["state", "in", ["new", "old"]]]);
  // @ts-expect-error a single value where a list is wanted
  await guests.search([["id", "in", 5]]);
  // @ts-expect-error nothing is less than nothing
  await guests.search([["born", "<", false]]);
  // @ts-expect-error a number is no record of one of several models
  await guests.search([["about", "=", 7]]);
  // @ts-expect-error nor is a name one
  await guests.search([["about", "=", "Ann"]]);
  // @ts-expect-error an order of records
  await guests.search([["about", ">", "res.users,7"]]);
  // @ts-expect-error a path through a record of one of several models
  await guests.search([["about.name", "=", "x"]]);
  // @ts-expect-error text looked for in one company's number
  await guests.search([["cost", "ilike", "1"]]);
  // @ts-expect-error a number compared with one language's text
  await guests.search([["motto", "=", 1]]);
  // @ts-expect-error a field that is not there, behind a relation
  await guests.search([["host_id.nome", "=", "x"]]);
  // @ts-expect-error behind two
  await guests.search([["host_id.user_id.logn", "=", "x"]]);
  // @ts-expect-error an operator that does not fit behind a relation
  await guests.search([["host_id.vip", "ilike", "x"]]);
  // @ts-expect-error a value that does not fit behind a relation
  await guests.search([["user_id.login", "=", 5]]);
  // @ts-expect-error a path through what is no relation
  await guests.search([["name.host_id", "=", 1]]);
  // @ts-expect-error a wrong field in a domain about related records
  await guests.search([["guest_ids", "any", [["nome", "=", "x"]]]]);
  // @ts-expect-error a wrong value there
  await guests.search([["host_id", "any", [["user_id.login", "=", 5]]]]);
  // @ts-expect-error what came from outside is asked of a model by its name
  await guests.search(outside);
  // @ts-expect-error in each verb that takes a domain
  await guests.count([["nome", "=", "x"]]);
  // @ts-expect-error in each verb that takes a domain
  await guests.searchRead([["nome", "=", "x"]], ["name"]);
  // @ts-expect-error in each verb that takes a domain
  await guests.searchNested([["nome", "=", "x"]], { name: true });
  // @ts-expect-error in each verb that takes a domain
  await guests.readGroup([["nome", "=", "x"]], [], []);
  // @ts-expect-error in each verb that takes a domain
  await guests.nameSearch("a", [["nome", "=", "x"]], 1);
  // @ts-expect-error a made domain too
  const wrong: DomainOf<typeof guest> = [["nome", "=", "x"]];
  // @ts-expect-error a made domain's values
  const wrongValue: DomainOf<typeof usersModel> = [["login", "=", 5]];
  await Promise.all([guests.search(wrong), env.of(usersModel).search(wrongValue)]);
}
