import { z } from "zod";
import type { Model } from "../model/model.ts";
import { domainArgument, fieldNames, optionalText, rowCount } from "./arguments.ts";
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
import { type OwnMethod, own, type StandardMethod, standard } from "./standard-method.ts";
import { getTranslations, updateTranslations } from "./translations.ts";
import { trashDelete, trashRead, trashReadInput, trashRestore, trashRestoreInput } from "./trash-methods.ts";
import { webRead, webSearchRead } from "./web-read.ts";

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

/** Methods that every model has, or each with a trash; what an app declares comes on top. See docs/remote-api.md. */
export const standardMethods: ReadonlyMap<string, StandardMethod> = new Map(
  Object.entries({
    search: standard(
      "model",
      "read",
      { domain: domainArgument, ...page, count: z.boolean().optional(), after },
      searchIds,
    ),
    search_count: standard(
      "model",
      "read",
      { domain: domainArgument, limit: rowCount },
      ({ env, model, context }, input) =>
        env.of(model).count(input.domain as never, {
          activeOnly: context.activeTest,
          ...(input.limit ? { limit: input.limit } : {}),
        }),
    ),
    search_read: standard(
      "model",
      "read",
      { domain: domainArgument, fields: fieldNames, ...page, load, after },
      searchReadRecords,
    ),
    read: standard("records", "read", { fields: fieldNames, load }, readRecords),
    web_read: standard("records", "read", { specification: object }, webRead),
    web_search_read: standard(
      "model",
      "read",
      { domain: domainArgument, specification: object, ...page, count_limit: rowCount, after },
      webSearchRead,
    ),
    create: oneVerb(
      standard(
        "model",
        "write",
        { vals_list: z.union([object, z.array(object).max(10_000)]) },
        createRecords,
      ),
    ),
    write: oneVerb(standard("records", "write", { vals: object, expected: object.optional() }, writeRecords)),
    get_field_translations: standard(
      "records",
      "read",
      { field_name: z.string().max(128), langs: names },
      getTranslations,
    ),
    update_field_translations: standard(
      "records",
      "write",
      { field_name: z.string().max(128), translations: object },
      updateTranslations,
    ),
    unlink: standard("records", "write", {}, unlinkRecords),
    copy: standard(
      "records",
      "write",
      { default: z.union([object, z.null(), z.literal(false)]).optional() },
      copyRecords,
    ),
    trash_read: ofTrash(standard("model", "read", trashReadInput.shape, trashRead)),
    trash_restore: ofTrash(standard("records", "write", trashRestoreInput.shape, trashRestore)),
    trash_delete: ofTrash(standard("records", "write", {}, trashDelete)),
    exists: standard("records", "read", {}, ({ env, model, ids }) => env.of(model).exists(ids)),
    name_search: standard(
      "model",
      "read",
      {
        name: optionalText,
        domain: domainArgument,
        operator: optionalText,
        limit: rowCount,
        args: domainArgument.optional(),
      },
      nameSearch,
    ),
    name_create: standard("model", "write", { name: z.string().max(1_024) }, nameCreate),
    fields_get: standard("model", "read", { allfields: fieldNames, attributes: fieldNames }, fieldsOf),
    default_get: standard("model", "read", { fields: fieldNames }, fieldDefaults),
    read_group: standard(
      "model",
      "read",
      {
        domain: domainArgument,
        fields: names,
        groupby: names,
        offset: rowCount,
        limit: rowCount,
        orderby: optionalText,
        lazy: z.boolean().optional(),
      },
      readGroup,
    ),
    formatted_read_group: standard(
      "model",
      "read",
      { domain: domainArgument, groupby: names, aggregates: names, ...page },
      formattedReadGroup,
    ),
    check_access_rights: standard(
      "model",
      "read",
      { operation: z.string().max(16), raise_exception: z.boolean().optional() },
      check,
    ),
    has_access: standard("records", "read", { operation: z.string().max(16) }, hasAccess),
    export_data: standard(
      "records",
      "read",
      { fields_to_export: z.array(z.string().max(256)).min(1).max(200) },
      exportData,
    ),
  }),
);

/** Standard methods that keep their own transactions. */
export const ownMethods: ReadonlyMap<string, OwnMethod> = new Map(
  Object.entries({
    load: own(
      {
        fields: z.array(z.string().max(256)).min(1).max(200),
        data: z.array(z.array(z.unknown()).max(200)).max(10_000),
      },
      loadRows,
    ),
    preview: own(
      {
        ids: z.unknown(),
        values: object,
        fields: z.array(z.string().max(128)).max(500),
        lines: z.record(z.string().max(128), z.array(z.string().max(128)).max(200)).default({}),
      },
      preview,
    ),
  }),
);

/** What every model has under this name; undefined where there is none, or this model has not got it. */
export function standardMethod(model: Model, name: string): StandardMethod | OwnMethod | undefined {
  const method = standardMethods.get(name) ?? ownMethods.get(name);
  return method !== undefined && existsOn(model, method) ? method : undefined;
}

/** All that this model has of them, by name. */
export function standardMethodsOf(model: Model): [string, StandardMethod | OwnMethod][] {
  return [...standardMethods, ...ownMethods].filter(([, method]) => existsOn(model, method));
}

function existsOn(model: Model, method: StandardMethod | OwnMethod): boolean {
  return method.effect === "own" || method.only?.(model) !== false;
}

function oneVerb(method: StandardMethod): StandardMethod {
  return { ...method, oneVerb: true };
}

/** For models whose records can be restored. */
function ofTrash(method: StandardMethod): StandardMethod {
  return { ...method, only: (model) => model.trash === true };
}
