import { assert } from "@holdfast/kernel/assert";
import type { Records } from "../environment.ts";
import type { Model } from "../model.ts";
import { trashOf } from "../trash/trash-of.ts";
import { advance } from "./advance.ts";
import type { Context } from "./context.ts";
import { copy } from "./copy.ts";
import { create } from "./create.ts";
import { actorsReaching, explainRecord } from "./explain-record.ts";
import { readGroup } from "./group.ts";
import { linesOf } from "./lines-of.ts";
import { nameSearch } from "./name-search.ts";
import { count, exists, read, readTexts, search, searchRead, searchTexts } from "./read.ts";
import { readNested, readNestedTexts, searchNested, searchNestedTexts } from "./read-nested.ts";
import { searchWith, searchWitness } from "./search-with.ts";
import { readTranslations } from "./translations.ts";
import { unlink } from "./unlink.ts";
import { write, writeEach } from "./write.ts";

type AnyRow = never;

function aboveRights(context: Context): Context {
  assert(context.actor.kind === "system", "who may do what is asked in a system scope");
  return context;
}

/** The verbs of one model for one actor. Types were inferred at the call; here all values are checked again. */
export function recordsOf(context: Context, model: Model): Records<Model> {
  return {
    model,
    search: (domain, options) => search(context, model, domain, options),
    count: (domain, options) => count(context, model, domain, options),
    searchRead: (domain, fields, options = {}) =>
      searchRead(context, model, { domain, fields, options }) as Promise<AnyRow[]>,
    searchWith: (domain, fields, behind, options = {}) =>
      searchWith(context, model, { domain, fields, behind, options }) as Promise<AnyRow[]>,
    searchWitness: (domain, fields, behind) =>
      searchWitness(context, model, { domain, fields, behind }) as Promise<AnyRow>,
    read: (ids, fields) => read(context, model, { ids, fields }) as Promise<AnyRow[]>,
    linesOf: (field, ids, { fields }) => linesOf(context, model, { field, ids, fields }) as Promise<AnyRow[]>,
    searchNested: (domain, selection, options = {}) =>
      searchNested(context, model, { domain, selection, options }) as Promise<AnyRow[]>,
    readNested: (ids, selection) => readNested(context, model, { ids, selection }) as Promise<AnyRow[]>,
    searchNestedTexts: (domain, selection, options = {}) =>
      searchNestedTexts(context, model, { domain, selection, options }),
    readNestedTexts: (ids, selection) => readNestedTexts(context, model, { ids, selection }),
    searchTexts: (domain, fields, options = {}) => searchTexts(context, model, { domain, fields, options }),
    readTexts: (ids, fields) => readTexts(context, model, { ids, fields }),
    translations: (ids, fields) => readTranslations(context, model, { ids, fields }),
    create: (values) => create(context, model, values),
    write: (ids, values, options) => write(context, model, { ids, values, expected: options?.expected }),
    writeEach: (changes) => writeEach(context, model, changes),
    advance: (domain, field, by, fields) =>
      advance(context, model, { domain, field, by, fields }) as Promise<AnyRow | undefined>,
    copy: async (id, changes = {}) => (await copy(context, model, { ids: [id], changes }))[0] as number,
    copyEach: (ids, changes = {}) => copy(context, model, { ids, changes }),
    unlink: (ids, options) => unlink(context, model, ids, options),
    trashed: trashOf(context, model),
    explain: (id, actor, operation) => explainRecord(aboveRights(context), model, { id, actor, operation }),
    reaching: (id, actors, operation) =>
      actorsReaching(aboveRights(context), model, { id, actors, operation }),
    exists: (ids) => exists(context, model, ids),
    nameSearch: (query, domain, limit) => nameSearch(context, model, { query, domain, limit }),
    readGroup: (domain, groupBy, aggregates, options = {}) =>
      readGroup(context, model, { domain, groupBy, aggregates, options }),
  };
}
