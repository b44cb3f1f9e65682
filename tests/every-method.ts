import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import type { Registry } from "@holdfast/framework/model/registry";
import { ownMethods, standardMethods } from "@holdfast/framework/remote/standard-methods";

/** What one remote call says besides model and method. */
export interface Arguments {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** Rows to call a method on, and what a call may need to know of the model. */
export interface Rows {
  readonly registry: Registry;
  readonly model: Model;
  readonly ids: readonly number[];
  /** A record of some model to ask about. */
  anchor(model: string): number;
  /** What the first of the rows has in a field. */
  read(field: string): Promise<unknown>;
  /** A new value of a text field, another one each time. */
  fresh(maxLength: number | undefined): string;
}

/** Methods whose statements grow with the rows, each with its reason. This list only shrinks. */
export const grows: Readonly<Record<string, string>> = {};

/** Methods that are called on one record, whatever is chosen, each with its reason. */
export const oneRecord: Readonly<Record<string, string>> = {
  "sale.order.action_share": "shares one quotation, and refuses several",
  preview: "shows what one form would be",
};

/**
 * How each method that every model has is called on some rows; null where a model has nothing to call it with. A
 * method that joins the others has to join here: see {@link missingArguments}.
 */
export const standardArguments: Readonly<Record<string, (rows: Rows) => Arguments | null>> = {
  search: (rows) => ({ args: [chosen(rows)] }),
  search_count: (rows) => ({ args: [chosen(rows)] }),
  search_read: (rows) => ({ args: [chosen(rows), readable(rows.model)] }),
  read: (rows) => ({ args: [rows.ids, readable(rows.model)] }),
  web_read: (rows) => ({ args: [rows.ids], kwargs: { specification: nested(rows) } }),
  web_search_read: (rows) => ({
    kwargs: { domain: chosen(rows), specification: nested(rows), limit: 80 },
  }),
  get_field_translations: (rows) => translated(rows, (field) => ({ args: [rows.ids, field] })),
  update_field_translations: (rows) =>
    translated(rows, (field) => ({ args: [rows.ids, field, { de_DE: rows.fresh(40) }] })),
  exists: (rows) => ({ args: [rows.ids] }),
  name_search: (rows) => ({ kwargs: { args: chosen(rows) } }),
  fields_get: () => ({}),
  default_get: (rows) => ({ args: [readable(rows.model)] }),
  read_group: (rows) => ({ args: [chosen(rows), [], ["create_uid"]] }),
  formatted_read_group: (rows) => ({
    args: [chosen(rows)],
    kwargs: { groupby: ["create_uid"], aggregates: ["__count"] },
  }),
  check_access_rights: () => ({ args: ["write"] }),
  has_access: (rows) => ({ args: [rows.ids, "write"] }),
  export_data: (rows) => ({ args: [rows.ids, readable(rows.model)] }),
  copy: (rows) => ({ args: [rows.ids] }),
  name_create: (rows) => ({ args: [rows.fresh(40)] }),
  load: (rows) => changing(rows, (name) => [[".id", name], rows.ids.map((id) => [id, rows.fresh(40)])]),
  create: () => null,
  write: (rows) => changing(rows, (name, field) => [rows.ids, { [name]: changed(rows, field) }]),
  unlink: (rows) => ({ args: [rows.ids] }),
  trash_read: () => ({ args: [] }),
  trash_restore: (rows) => ({ args: [rows.ids, true] }),
  trash_delete: (rows) => ({ args: [rows.ids] }),
};

/** How a declared method is called that asks for more than records. */
export const declaredArguments: Readonly<Record<string, (rows: Rows) => Arguments | Promise<Arguments>>> = {
  message_post: ({ ids }) => ({ args: [ids], kwargs: { body: "a note" } }),
  "ir.model.access.explain_record": ({ anchor }) => ({
    args: ["res.partner", anchor("res.partner"), anchor("res.users"), "read"],
  }),
  "ir.model.access.who_can": ({ anchor }) => ({ args: ["res.partner", anchor("res.partner"), "read"] }),
  "product.product.create": ({ ids, fresh }) => ({ args: [ids.map(() => ({ name: fresh(40) }))] }),
  "product.product.write": ({ ids }) => ({ args: [ids, { list_price: 12 }] }),
  "product.product.name_create": ({ fresh }) => ({ args: [fresh(40)] }),
  "sale.order.action_share": ({ ids }) => ({ args: [ids], kwargs: { email: "a@example.test", days: 7 } }),
  "platform.database.action_undo_restore": named("name"),
  "platform.database.action_renew_key": named("name"),
  "platform.database.action_delete": named("name"),
  "platform.backup.action_restore_over": named("database_name"),
};

/** What destroys asks for the record's name, typed again. */
function named(field: string) {
  return async ({ ids, read }: Rows): Promise<Arguments> => ({
    args: [ids],
    kwargs: { confirm: await read(field) },
  });
}

/** Names of remote methods that nobody has said how to call. */
export function missingArguments(registry: Registry): string[] {
  const known = (name: string) => standardArguments[name] !== undefined || oneRecord[name] !== undefined;
  const standard = [...standardMethods.keys(), ...ownMethods.keys()].filter((name) => !known(name));
  const declared = declaredMethods(registry)
    .filter(({ asks, name, full }) => asks && argumentsOf(full, name) === undefined)
    .map(({ full }) => full);
  return [...standard, ...declared];
}

/** Every method that an app declares. */
export function declaredMethods(registry: Registry) {
  return [...registry.models.values()].flatMap((model) =>
    Object.entries(model.methods ?? {}).map(([name, method]) => {
      const needs = !method.input.safeParse({}).success;
      const full = `${model.name}.${name}`;
      return { model, name, full, on: method.on, asks: needs && oneRecord[full] === undefined };
    }),
  );
}

/** How to call a declared method; by itself it takes the records alone. */
export function argumentsOf(
  full: string,
  name: string,
): ((rows: Rows) => Arguments | Promise<Arguments>) | undefined {
  return declaredArguments[full] ?? declaredArguments[name];
}

function chosen({ ids }: Rows): unknown[] {
  return [["id", "in", ids]];
}

function readable(model: Model): string[] {
  return Object.keys(model.fields).filter((name) => model.fields[name]?.secret !== true);
}

function translated({ model }: Rows, call: (field: string) => Arguments): Arguments | null {
  const found = Object.entries(model.fields).find(([, field]) => field.translated && !field.readonly);
  return found === undefined ? null : call(found[0]);
}

const changeable = new Set<Field["kind"]>(["text", "longText", "boolean"]);

/** A text or a yes and no that rows may have in common. */
function changing(
  { model }: Rows,
  args: (name: string, field: Field) => readonly unknown[],
): Arguments | null {
  const [name, field] =
    Object.entries(model.fields).find(
      ([, one]) => changeable.has(one.kind) && !one.unique && one.secret !== true,
    ) ?? [];
  return name === undefined || field === undefined ? null : { args: args(name, field) };
}

function changed({ fresh }: Rows, { kind, maxLength }: Field): unknown {
  return kind === "boolean" ? true : fresh(maxLength);
}

/** What is behind each relation as well: two deep. */
function nested({ registry, model }: Rows): Record<string, unknown> {
  return Object.fromEntries(
    readable(model).map((name) => {
      const behind = registry.models.get(model.fields[name]?.target ?? "");
      if (behind === undefined) return [name, {}];
      const fields = readable(behind).slice(0, 8);
      return [name, { fields: Object.fromEntries(fields.map((inner) => [inner, {}])) }];
    }),
  );
}
