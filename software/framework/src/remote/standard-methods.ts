import { z } from "zod";
import type { Actor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { domainArgument, fieldNames, optionalText, rowCount } from "./arguments.ts";
import type { CallContext } from "./call.ts";
import { check, hasAccess } from "./check-rights.ts";
import { copyRecords } from "./copy.ts";
import { exportData } from "./export-data.ts";
import { fieldDefaults, fieldsOf } from "./fields-get.ts";
import { loadRows } from "./load.ts";
import { nameCreate, nameSearch } from "./names.ts";
import { preview } from "./preview.ts";
import { formattedReadGroup, readGroup } from "./read-group.ts";
import {
  createRecords,
  readRecords,
  searchIds,
  searchReadRecords,
  unlinkRecords,
  writeRecords,
} from "./records-verbs.ts";
import { getTranslations, updateTranslations } from "./translations.ts";
import { trashDelete, trashRead, trashReadInput, trashRestore, trashRestoreInput } from "./trash-methods.ts";
import { webRead, webSearchRead } from "./web-read.ts";

/** What a standard method works with. */
export interface StandardCall {
  readonly env: Environment;
  readonly model: Model;
  readonly context: CallContext;
  /** Of methods on records; empty for the others. */
  readonly ids: readonly number[];
  /** The caller named one record by its bare id, not a list. */
  readonly single: boolean;
}

/** A method that every model has. Parameters in the established order: the schema's keys. */
export interface StandardMethod {
  readonly on: "records" | "model";
  readonly effect: "read" | "write";
  readonly input: z.ZodObject;
  /** It is one verb, and nothing after it; see {@link WritingOptions}. */
  readonly oneVerb?: true;
  /** Of which models it is one; of all when absent. On the others it does not exist. */
  readonly only?: (model: Model) => boolean;
  run(call: StandardCall, input: never): Promise<unknown>;
}

/** What a method works with that opens transactions of its own, and answers also when it took them back. */
export interface OwnTransactions {
  readonly data: DataSource;
  readonly actor: Actor;
  readonly model: Model;
}

/** Such a method. */
export interface OwnMethod {
  readonly on: "model";
  readonly effect: "own";
  readonly input: z.ZodObject;
  run(call: OwnTransactions, input: never): Promise<unknown>;
}

/** Whether a model has a method that not every model has. */
export function existsOn(model: Model, method: object): boolean {
  return !("only" in method) || (method as Pick<StandardMethod, "only">).only?.(model) !== false;
}

function standard<S extends z.ZodObject>(
  on: "records" | "model",
  effect: "read" | "write",
  input: S,
  run: (call: StandardCall, input: z.output<S>) => Promise<unknown>,
): StandardMethod {
  return { on, effect, input, run: run as StandardMethod["run"] };
}

function oneVerb<S extends z.ZodObject>(...given: Parameters<typeof standard<S>>): StandardMethod {
  return { ...standard(...given), oneVerb: true };
}

/** A method of models whose records can be restored. */
function ofTrash<S extends z.ZodObject>(...given: Parameters<typeof standard<S>>): StandardMethod {
  return { ...standard(...given), only: (model) => model.trash === true };
}

const object = z.record(z.string().max(128), z.unknown());
const page = { offset: rowCount, limit: rowCount, order: optionalText };
const after = z.preprocess(
  (value) => (value === false || value === null ? undefined : value),
  z.array(z.unknown()).max(16).optional(),
);
const load = z.union([z.string(), z.boolean(), z.null()]).optional();
const names = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value || undefined),
  z.array(z.string().max(256)).max(20).default([]),
);
const none = z.strictObject({});

/** All methods that exist on every model; what an app declares comes on top. Source: API.md. */
export const standardMethods: ReadonlyMap<string, StandardMethod> = new Map<string, StandardMethod>([
  [
    "search",
    standard(
      "model",
      "read",
      z.strictObject({ domain: domainArgument, ...page, count: z.boolean().optional(), after }),
      searchIds,
    ),
  ],
  [
    "search_count",
    standard(
      "model",
      "read",
      z.strictObject({ domain: domainArgument, limit: rowCount }),
      ({ env, model, context }, input) =>
        env.of(model).count(input.domain as never, {
          activeOnly: context.activeTest,
          ...(input.limit ? { limit: input.limit } : {}),
        }),
    ),
  ],
  [
    "search_read",
    standard(
      "model",
      "read",
      z.strictObject({ domain: domainArgument, fields: fieldNames, ...page, load, after }),
      searchReadRecords,
    ),
  ],
  ["read", standard("records", "read", z.strictObject({ fields: fieldNames, load }), readRecords)],
  ["web_read", standard("records", "read", z.strictObject({ specification: object }), webRead)],
  [
    "web_search_read",
    standard(
      "model",
      "read",
      z.strictObject({
        domain: domainArgument,
        specification: object,
        ...page,
        count_limit: rowCount,
        after,
      }),
      webSearchRead,
    ),
  ],
  [
    "create",
    oneVerb(
      "model",
      "write",
      z.strictObject({ vals_list: z.union([object, z.array(object).max(10_000)]) }),
      createRecords,
    ),
  ],
  [
    "write",
    oneVerb("records", "write", z.strictObject({ vals: object, expected: object.optional() }), writeRecords),
  ],
  [
    "get_field_translations",
    standard(
      "records",
      "read",
      z.strictObject({ field_name: z.string().max(128), langs: names }),
      getTranslations,
    ),
  ],
  [
    "update_field_translations",
    standard(
      "records",
      "write",
      z.strictObject({ field_name: z.string().max(128), translations: object }),
      updateTranslations,
    ),
  ],
  ["unlink", standard("records", "write", none, unlinkRecords)],
  [
    "copy",
    standard(
      "records",
      "write",
      z.strictObject({ default: z.union([object, z.null(), z.literal(false)]).optional() }),
      copyRecords,
    ),
  ],
  ["trash_read", ofTrash("model", "read", trashReadInput, trashRead)],
  ["trash_restore", ofTrash("records", "write", trashRestoreInput, trashRestore)],
  ["trash_delete", ofTrash("records", "write", none, trashDelete)],
  ["exists", standard("records", "read", none, ({ env, model, ids }) => env.of(model).exists(ids))],
  [
    "name_search",
    standard(
      "model",
      "read",
      z.strictObject({
        name: optionalText,
        domain: domainArgument,
        operator: optionalText,
        limit: rowCount,
        args: domainArgument.optional(),
      }),
      nameSearch,
    ),
  ],
  ["name_create", standard("model", "write", z.strictObject({ name: z.string().max(1_024) }), nameCreate)],
  [
    "fields_get",
    standard("model", "read", z.strictObject({ allfields: fieldNames, attributes: fieldNames }), fieldsOf),
  ],
  ["default_get", standard("model", "read", z.strictObject({ fields: fieldNames }), fieldDefaults)],
  [
    "read_group",
    standard(
      "model",
      "read",
      z.strictObject({
        domain: domainArgument,
        fields: names,
        groupby: names,
        offset: rowCount,
        limit: rowCount,
        orderby: optionalText,
        lazy: z.boolean().optional(),
      }),
      readGroup,
    ),
  ],
  [
    "formatted_read_group",
    standard(
      "model",
      "read",
      z.strictObject({ domain: domainArgument, groupby: names, aggregates: names, ...page }),
      formattedReadGroup,
    ),
  ],
  [
    "check_access_rights",
    standard(
      "model",
      "read",
      z.strictObject({ operation: z.string().max(16), raise_exception: z.boolean().optional() }),
      check,
    ),
  ],
  ["has_access", standard("records", "read", z.strictObject({ operation: z.string().max(16) }), hasAccess)],
  [
    "export_data",
    standard(
      "records",
      "read",
      z.strictObject({ fields_to_export: z.array(z.string().max(256)).min(1).max(200) }),
      exportData,
    ),
  ],
]);

/** Standard methods that keep their own transactions. */
export const ownMethods: ReadonlyMap<string, OwnMethod> = new Map([
  [
    "load",
    own(
      z.strictObject({
        fields: z.array(z.string().max(256)).min(1).max(200),
        data: z.array(z.array(z.unknown()).max(200)).max(10_000),
      }),
      loadRows,
    ),
  ],
  [
    "preview",
    own(
      z.strictObject({
        ids: z.unknown(),
        values: object,
        fields: z.array(z.string().max(128)).max(500),
        lines: z.record(z.string().max(128), z.array(z.string().max(128)).max(200)).default({}),
      }),
      preview,
    ),
  ],
]);

function own<S extends z.ZodObject>(
  input: S,
  run: (call: OwnTransactions, input: z.output<S>) => Promise<unknown>,
): OwnMethod {
  return { on: "model", effect: "own", input, run: run as OwnMethod["run"] };
}
