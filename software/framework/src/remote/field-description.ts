import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { isDerived } from "../model/storage.ts";

/** A field as the remote API and our own client are told of it. */
export interface FieldDescription {
  readonly name: string;
  readonly type: string;
  readonly string: string;
  readonly help: string | false;
  readonly required: boolean;
  readonly readonly: boolean;
  readonly store: boolean;
  readonly searchable: boolean;
  readonly sortable: boolean;
  readonly relation?: string;
  readonly relation_field?: string;
  readonly selection?: readonly (readonly [string, string])[];
  readonly digits?: readonly [number, number];
  readonly size?: number;
  readonly currency_field?: string;
  /** A text for each language. */
  readonly translate?: true;
  /** A value for each company. */
  readonly company_dependent?: true;
}

/** The established names of the kinds. */
const typeNames: Readonly<Record<Field["kind"], string>> = {
  text: "char",
  longText: "text",
  html: "html",
  integer: "integer",
  decimal: "float",
  money: "monetary",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  selection: "selection",
  many2one: "many2one",
  reference: "reference",
  one2many: "one2many",
  many2many: "many2many",
  json: "json",
};
const automatic = ["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"];
const unsortable: ReadonlySet<Field["kind"]> = new Set(["reference", "one2many", "many2many", "json"]);

/** Describes those fields of a model that the reader may see; all others do not exist for them. */
export function describeFields(
  registry: Registry,
  model: Model,
  visible: ReadonlySet<string>,
): Record<string, FieldDescription> {
  const computed = new Set((model.computes ?? []).flatMap((compute) => compute.fields));
  const out: Record<string, FieldDescription> = {};
  for (const name of [...automatic, ...Object.keys(model.fields)]) {
    const field = registry.field(model, name);
    if (field === undefined || !visible.has(name)) continue;
    const described = describe(registry, [name, field], computed.has(name));
    const { currencyField } = field;
    const isTold = currencyField !== undefined && visible.has(currencyField);
    out[name] = isTold ? { ...described, currency_field: currencyField } : described;
  }
  return out;
}

function describe(
  registry: Registry,
  [name, field]: readonly [string, Field],
  computed: boolean,
): FieldDescription {
  return {
    name,
    type: name === "display_name" ? "char" : typeNames[field.kind],
    string: field.label,
    help: field.help ?? false,
    required: field.required && field.kind !== "boolean" && field.default === undefined && !computed,
    readonly: field.readonly ?? false,
    store: field.kind !== "one2many" && !isDerived(field),
    searchable: field.computed === undefined,
    sortable: field.computed === undefined && !unsortable.has(field.kind),
    ...(field.target === undefined ? {} : { relation: field.target }),
    ...(field.inverse === undefined ? {} : { relation_field: field.inverse }),
    ...(field.options === undefined ? {} : { selection: field.options }),
    ...(field.targets === undefined ? {} : { selection: labelled(registry, field.targets) }),
    ...(field.scale === undefined ? {} : { digits: [18, field.scale] as const }),
    ...(field.maxLength === undefined || field.kind !== "text" ? {} : { size: field.maxLength }),
    ...(field.translated && { translate: true as const }),
    ...(field.perCompany && { company_dependent: true as const }),
  };
}

/** Models that a reference leads to, as the established API tells them. */
function labelled(registry: Registry, targets: readonly string[]) {
  return targets.map((name) => [name, registry.model(name).label] as const);
}
