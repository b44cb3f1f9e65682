import {
  boolean,
  computedFrom,
  date,
  decimal,
  integer,
  many2one,
  one2many,
  selection,
  text,
} from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";

const sizes = [
  ["s", "Small"],
  ["l", "Large"],
] as const;

/** A land; one can be hidden by a rule. */
export const lands = defineModel({
  name: "derived.land",
  label: "Land",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, translated: true }),
    hidden: boolean({ label: "Hidden" }),
  },
});

/** A house in a land; who pays for it is for chiefs. */
export const houses = defineModel({
  name: "derived.house",
  label: "House",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    hidden: boolean({ label: "Hidden" }),
    warm: boolean({ label: "Warm" }),
    floors: integer({ label: "Floors" }),
    size: selection(sizes, { label: "Size" }),
    built: date({ label: "Built" }),
    rent: decimal({ label: "Rent", scale: 2, groups: ["derived.chief"] }),
    land_id: many2one("derived.land", { label: "Land" }),
    guest_ids: one2many("derived.guest", "house_id", { label: "Guests" }),
  },
});

const name = text({ label: "Name", required: true });
const age = integer({ label: "Age" });
const house_floors = integer({ label: "Floors of the house", related: "house_id.floors" });
const house_rent = decimal({ label: "Rent of the house", scale: 2, related: "house_id.rent" });
const house_land_id = many2one("derived.land", { label: "Land of the house", related: "house_id.land_id" });

/** A guest of a house, with a related field of each kind and values worked out on reading. */
export const guests = defineModel({
  name: "derived.guest",
  label: "Guest",
  displayName: "name",
  order: "name",
  fields: {
    name,
    age,
    house_id: many2one("derived.house", { label: "House" }),
    house_name: text({ label: "Name of the house", related: "house_id.display_name" }),
    house_warm: boolean({ label: "Warm house", related: "house_id.warm" }),
    house_size: selection(sizes, { label: "Size of the house", related: "house_id.size" }),
    house_built: date({ label: "House built", related: "house_id.built" }),
    house_floors,
    house_rent,
    house_land_id,
    land_name: text({ label: "Name of the land", related: "house_id.land_id.name" }),
    initial: text({ label: "Initial", computed: computedFrom({ name }, (row) => row.name.charAt(0)) }),
    adult: boolean({ label: "Adult", computed: computedFrom({ age }, (row) => (row.age ?? 0) >= 18) }),
    stairs: integer({
      label: "Stairs",
      computed: computedFrom({ house_floors }, (row) => (row.house_floors ?? 0) * 12),
    }),
    address: text({
      label: "Address",
      computed: computedFrom({ house_land_id, name }, (row) =>
        row.house_land_id === null ? null : `${row.name}, ${row.house_land_id.displayName}`,
      ),
    }),
    budget: text({
      label: "Budget",
      computed: computedFrom({ house_rent }, (row) => row.house_rent && `${row.house_rent} a month`),
    }),
  },
});

/** Clerks read all that no rule hides, chiefs the rent too; strangers read guests alone. */
export const derivedApp: App = {
  name: "derived",
  label: "Derived",
  version: "1",
  depends: [],
  models: [lands, houses, guests],
  groups: [
    { key: "derived.clerk", label: "Clerk" },
    { key: "derived.chief", label: "Chief", implies: ["derived.clerk"] },
    { key: "derived.stranger", label: "Stranger" },
  ],
  rights: [
    ...[lands, houses, guests].map((model) => ({
      group: "derived.clerk",
      model: model.name,
      allow: ["read", "write", "create", "delete", "export", "import"] as const,
    })),
    { group: "derived.stranger", model: "derived.guest", allow: ["read"] },
  ],
  rules: [lands, houses].map((model) => ({
    key: `${model.name}.shown`,
    label: "Not what is hidden",
    model: model.name,
    condition: "!hidden",
  })),
};
