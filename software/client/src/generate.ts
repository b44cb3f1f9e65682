/** As much of a field's description as types are made of. */
interface DescribedField {
  readonly name: string;
  readonly type: string;
  readonly string: string;
  readonly required: boolean;
  readonly readonly: boolean;
  readonly relation?: string;
  readonly selection?: readonly (readonly [string, string])[];
}

interface DescribedModel {
  readonly name: string;
  readonly fields: Readonly<Record<string, DescribedField>>;
  readonly methods: readonly { readonly name: string; readonly on: "records" | "model" }[];
}

/** The part of `/openapi.json` that is read. */
export interface OpenApiDocument {
  readonly components: {
    readonly schemas: Readonly<
      Record<string, { readonly "x-model"?: DescribedModel; readonly properties?: object }>
    >;
  };
}

const kinds: Readonly<Record<string, string>> = {
  char: "Text",
  text: "Text",
  html: "Text",
  integer: "Integer",
  float: "Decimal",
  monetary: "Decimal",
  boolean: "Flag",
  date: "When",
  datetime: "When",
  selection: "Choice",
  many2one: "One",
  reference: "Text",
  one2many: "Many",
  many2many: "Many",
  json: "Json",
};
const automatic = new Set(["id", "display_name", "create_uid", "create_date", "write_uid", "write_date"]);

/**
 * Writes the TypeScript module that types a client for one database, for whoever's key the document was fetched with.
 *
 * @param name - of the type: `AcmeModels`.
 */
export function modelsModule(document: OpenApiDocument, name: string): string {
  const models = Object.values(document.components.schemas).flatMap((schema) =>
    schema["x-model"] === undefined
      ? []
      : [{ model: schema["x-model"], properties: schema.properties ?? {} }],
  );
  const body = models
    .map(({ model, properties }) => modelType(model, properties as Record<string, object>))
    .join("\n");
  const used = [
    ...new Set(body.match(/\b(?:Text|Integer|Decimal|Flag|When|Choice|One|Many|Json)(?=<)/g)),
  ].sort();
  return `/** Generated from /openapi.json: what one key may see and do. Do not edit. */
import type { ${used.join(", ")} } from "@holdfast/client/field-types";

export type ${name} = {
${body}
};
`;
}

function modelType(model: DescribedModel, properties: Readonly<Record<string, object>>): string {
  const fields = Object.values(model.fields).map(
    (field) => `      readonly ${field.name}: ${fieldType(field, properties[field.name] ?? {})};`,
  );
  const methods = model.methods.map(({ name, on }) => `      readonly ${name}: ${JSON.stringify(on)};`);
  return `  readonly ${JSON.stringify(model.name)}: {
    readonly fields: {
${fields.join("\n")}
    };
    readonly methods: ${methods.length === 0 ? 'Readonly<Record<never, "records">>' : `{\n${methods.join("\n")}\n    }`};
  };`;
}

function fieldType(described: DescribedField, property: object): string {
  const { name, type, required, readonly, selection, relation = "" } = described;
  const mode = readonly || automatic.has(name) ? "readonly" : required ? "required" : "optional";
  // What may be unset is described as a choice between its value and false.
  const always = !("anyOf" in property);
  const kind = kinds[type] ?? "Json";
  if (kind === "Flag" || kind === "Json") return `${kind}<"${mode}">`;
  const target = JSON.stringify(relation);
  if (kind === "Many") return `Many<${target}, "${mode}">`;
  if (kind === "One") return `One<${target}, "${mode}", ${always}>`;
  if (kind !== "Choice") return `${kind}<"${mode}", ${always}>`;
  const values = (selection ?? []).map(([value]) => JSON.stringify(value)).join(" | ") || "never";
  return `Choice<${values}, "${mode}", ${always}>`;
}
