/** What the compiler knows of models, and what it refuses. Checked by `tsc`; nothing here runs. */
import type { Environment } from "./environment.ts";
import {
  boolean,
  computedFrom,
  decimal,
  integer,
  many2one,
  one2many,
  type RecordReference,
  type Reference,
  reference,
  selection,
  text,
} from "./field.ts";
import { Translations } from "./keyed.ts";
import { defineModel } from "./model.ts";

/** Compiles only when both types are the same. */
function same<A>(): <B>(
  ..._same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
) => void {
  return () => undefined;
}

const partner = defineModel({
  name: "res.partner",
  label: "Contact",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    city: text({ label: "City" }),
    parent_id: many2one("res.partner", { label: "Parent" }),
    state: selection([["draft", "Draft"] as const, ["done", "Done"] as const], {
      label: "State",
      required: true,
      default: "draft",
    }),
    child_ids: one2many("res.partner", "parent_id", { label: "Children" }),
  },
});

export const refusedDeclarations = [
  // @ts-expect-error a misspelt option
  () => text({ label: "Name", requird: true }),
  // @ts-expect-error a default that is not among the options
  () => selection([["a", "A"]], { label: "S", default: "c" }),
  () => {
    const fields = { name: text({ label: "Name" }) };
    // @ts-expect-error a display name that is no field
    return defineModel({ name: "x", label: "X", displayName: "nam", order: "id", fields });
  },
];

export async function reads(env: Environment): Promise<void> {
  const fields = ["name", "city", "parent_id", "state", "create_date", "child_ids"] as const;
  const [row] = await env.of(partner).searchRead([["name", "=", "x"]], fields);
  if (row === undefined) return;
  same<number>()<typeof row.id>();
  same<string>()<typeof row.name>();
  same<string | null>()<typeof row.city>();
  same<Reference | null>()<typeof row.parent_id>();
  same<"draft" | "done">()<typeof row.state>();
  same<readonly number[]>()<typeof row.child_ids>();
  same<Temporal.Instant>()<typeof row.create_date>();
  // @ts-expect-error a field that was not asked for
  row.display_name;
  // @ts-expect-error a field that is not there
  await env.of(partner).read([1], ["nome"]);
}

const kept = defineModel({
  name: "typed.kept",
  label: "Kept",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, translated: true }),
    plain: text({ label: "Plain" }),
    cost: decimal({ label: "Cost", scale: 2, perCompany: true }),
    about: reference(["res.partner"], { label: "About" }),
  },
});

export async function severalValues(env: Environment): Promise<void> {
  const [row] = await env.of(kept).searchRead([], ["name", "cost", "about"]);
  if (row === undefined) return;
  same<string>()<typeof row.name>();
  same<string | null>()<typeof row.cost>();
  same<RecordReference | null>()<typeof row.about>();
  const texts = new Translations({ de_DE: "Stuhl" });
  await env.of(kept).create([{ name: texts, cost: "1.00", about: "res.partner,7" }]);
  // @ts-expect-error a text that is the same in all languages
  await env.of(kept).write([1], { plain: texts });
  // @ts-expect-error a reference without its model
  await env.of(kept).write([1], { about: 7 });
  // @ts-expect-error a number of ours loses cents
  await env.of(kept).write([1], { cost: 1 });
}

export const refusedOptions = [
  // @ts-expect-error whole numbers have no language
  () => integer({ label: "N", translated: true }),
  // @ts-expect-error relations lead to the same record for every company
  () => many2one("res.partner", { label: "P", perCompany: true }),
];

const named = text({ label: "Name", required: true });
const born = many2one("res.partner", { label: "Born", related: "parent_id.parent_id" });

const derived = defineModel({
  name: "typed.derived",
  label: "Derived",
  displayName: "named",
  order: "named",
  fields: {
    named,
    born,
    state: selection([["draft", "Draft"] as const], { label: "State", related: "born.state" }),
    initial: text({ label: "Initial", computed: computedFrom({ named }, (row) => row.named.charAt(0)) }),
    far: boolean({ label: "Far", computed: computedFrom({ born }, (row) => row.born === null) }),
  },
});

export async function valuesFromElsewhere(env: Environment): Promise<void> {
  const [row] = await env.of(derived).searchRead([["state", "=", "draft"]], ["born", "initial", "far"]);
  if (row === undefined) return;
  same<Reference | null>()<typeof row.born>();
  same<string | null>()<typeof row.initial>();
  same<boolean>()<typeof row.far>();
  // @ts-expect-error a related field takes no value
  await env.of(derived).write([1], { born: 7 });
  // @ts-expect-error and cannot be unset
  await env.of(derived).write([1], { state: null });
  // @ts-expect-error what is worked out on reading takes none either
  await env.of(derived).create([{ named: "Ann", initial: "A" }]);
  // @ts-expect-error a value that is not among the options of the related field
  await env.of(derived).search([["state", "=", "open"]]);
}

export const refusedSources = [
  // @ts-expect-error a value of another type than the field's
  () => text({ label: "X", computed: computedFrom({ named }, (row) => row.named.length) }),
  // @ts-expect-error a source that was not declared
  () => computedFrom({ named }, (row) => row.nome),
  // @ts-expect-error collections are no single value
  () => one2many("res.partner", "parent_id", { label: "X", related: "parent_id.child_ids" }),
];

export async function writes(env: Environment): Promise<void> {
  const contacts = env.of(partner);
  await contacts.create([{ name: "Ann", parent_id: 3, state: "done", child_ids: [[6, 0, [1]]] }]);
  await contacts.write([1], { city: null });
  // @ts-expect-error a required field cannot be unset
  await contacts.write([1], { name: null });
  // @ts-expect-error a field that is not there
  await contacts.create([{ nome: "Ann" }]);
  // @ts-expect-error a value that is not among the options
  await contacts.create([{ name: "Ann", state: "open" }]);
  // @ts-expect-error a reference takes an id
  await contacts.create([{ name: "Ann", parent_id: "3" }]);
  // @ts-expect-error automatic fields are not written
  await contacts.write([1], { create_date: Temporal.Instant.fromEpochMilliseconds(0) });
}
