import { type Gate, gate } from "../access/gate.ts";
import type { AccessOperation } from "../access/policy.ts";
import type { Environment } from "../model/environment.ts";
import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import { describeFields } from "../remote/field-description.ts";
import { standardMethodsOf } from "../remote/standard-methods.ts";
import { visibleFields } from "../remote/visible-fields.ts";
import { readSchema, type Schema, writeSchema } from "./field-schema.ts";
import { inputSchema, resultSchema } from "./method-schema.ts";

/** The right that a standard method rests on; all others rest on reading. */
const needed: Readonly<Record<string, AccessOperation>> = {
  create: "create",
  name_create: "create",
  copy: "create",
  load: "create",
  write: "write",
  unlink: "delete",
  trash_read: "delete",
  trash_restore: "delete",
  trash_delete: "delete",
  preview: "write",
};

/**
 * The door for new programs as OpenAPI 3.1, for this actor: models, fields and methods that do not exist for them do
 * not stand in it. The schema of a model also carries `x-model`, of which the typed client is generated.
 */
export function openApiDocument(
  env: Environment,
  { title, url }: { readonly title: string; readonly url: string },
): Record<string, unknown> {
  const access = gate(env.registry, env.actor);
  const models = [...env.registry.models.values()]
    .filter((model) => access.on(model, "read").allowed)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  return {
    openapi: "3.1.0",
    info: {
      title,
      version: "19.0",
      description: "What you may see and do in this database. Dates are UTC; what is not set is false.",
    },
    servers: [{ url }],
    security: [{ key: [] }],
    paths: Object.fromEntries(models.flatMap((model) => pathsOf(env, access, model))),
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key" } },
      schemas: {
        ...shared,
        ...Object.fromEntries(models.flatMap((model) => schemasOf(env, access, model))),
      },
      responses: {
        Refusal: { description: "Refused", content: json({ $ref: "#/components/schemas/Refusal" }) },
      },
    },
  };
}

function pathsOf(env: Environment, access: Gate, model: Model): [string, unknown][] {
  const may = (name: string) => access.on(model, needed[name] ?? "read").allowed;
  const declared = Object.entries(model.methods ?? {}).filter(
    ([, { effect }]) => effect === "read" || env.actor.scope?.readOnly !== true,
  );
  const names = new Set(declared.map(([name]) => name));
  const standard = standardMethodsOf(model).filter(([name]) => !names.has(name) && may(name));
  return [
    ...standard.map(([name, { on, input }]) =>
      path(model, name, { on, input, label: name.replaceAll("_", " ") }),
    ),
    ...declared.map(([name, { on, input, label }]) => path(model, name, { on, input, label })),
  ];
}

function path(
  model: Model,
  method: string,
  {
    on,
    input,
    label,
  }: {
    readonly on: "records" | "model";
    readonly input: Parameters<typeof inputSchema>[2];
    readonly label: string;
  },
): [string, unknown] {
  const refusals = [400, 401, 403, 404, 409, 415, 422, 429].map((status) => [
    String(status),
    { $ref: "#/components/responses/Refusal" },
  ]);
  const operation = {
    operationId: `${model.name}.${method}`,
    summary: label,
    tags: [model.name],
    requestBody: { required: true, content: json(inputSchema(model.name, on, input)) },
    responses: {
      "200": { description: "The result", content: json(resultSchema(model.name, method)) },
      ...Object.fromEntries(refusals),
    },
  };
  return [`/json/2/${model.name}/${method}`, { post: operation }];
}

function schemasOf(env: Environment, access: Gate, model: Model): [string, unknown][] {
  const visible = visibleFields(env, model);
  const described = describeFields(env.registry, model, visible);
  const fields = Object.keys(described).flatMap((name): [string, Field][] => {
    const field = env.registry.field(model, name);
    return field === undefined ? [] : [[name, field]];
  });
  const writable = fields.filter(
    ([name, field]) => Object.hasOwn(model.fields, name) && field.readonly !== true,
  );
  const methods = Object.entries(model.methods ?? {}).map(([name, { on, label }]) => ({ name, on, label }));
  const rights = (["read", "write", "create", "delete"] as const).filter(
    (one) => access.on(model, one).allowed,
  );
  return [
    [
      model.name,
      {
        type: "object",
        title: model.label,
        properties: Object.fromEntries(
          fields.map(([name, field]) => [name, { title: field.label, ...readSchema(field) }]),
        ),
        "x-model": { name: model.name, fields: described, methods, rights },
      },
    ],
    [
      `${model.name}.values`,
      {
        type: "object",
        title: `${model.label}: values`,
        properties: Object.fromEntries(
          writable.map(([name, field]) => [name, { title: field.label, ...writeSchema(field) }]),
        ),
        additionalProperties: false,
      },
    ],
  ];
}

const shared: Readonly<Record<string, Schema>> = {
  Ids: { type: "array", items: { type: "integer", minimum: 1 }, maxItems: 10_000 },
  Domain: {
    type: "array",
    description: "Terms [path, operator, value] with & | ! before them",
    items: { anyOf: [{ enum: ["&", "|", "!"] }, { type: "array", minItems: 3, maxItems: 3 }] },
  },
  Commands: {
    type: "array",
    description:
      "[0,_,values] create, [1,id,values] change, [2,id] delete, [3,id] unlink, [4,id] link, [5] clear, [6,_,ids] replace",
    items: { type: "array", minItems: 1, maxItems: 3 },
  },
  Context: {
    type: "object",
    properties: {
      lang: { type: "string" },
      tz: { type: "string" },
      active_test: { type: "boolean" },
      allowed_company_ids: { type: "array", items: { type: "integer" } },
      idempotency_key: { type: "string", minLength: 1, maxLength: 255 },
    },
  },
  Refusal: {
    type: "object",
    required: ["name", "message"],
    properties: {
      name: { type: "string" },
      message: { type: "string" },
      hint: { type: "string" },
      about: { type: "object" },
    },
  },
};

function json(schema: Schema): Schema {
  return { "application/json": { schema } };
}
