import type { Model } from "@holdfast/framework/model/model";
import type { Registry } from "@holdfast/framework/model/registry";
import { pairTableOf, tableOf } from "@holdfast/framework/model/storage";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { OutputOf } from "@holdfast/protocol/method";
import type { partTableSchema, restorePartsOf } from "@holdfast/protocol/restore-methods";
import type { z } from "zod";

export type PartTable = z.output<typeof partTableSchema>;
export type Parts = OutputOf<typeof restorePartsOf>;

/** The model whose rows are files; chosen by itself it means all files. */
const files = "ir.attachment";
const messages = "mail.message";

/**
 * Who may come in, what runs by itself and what is counted comes back with the whole database only, after lost rights
 * were taken out of it. Of a table alone nobody could say what it would let in again.
 */
const never = /^(hf\.|ir\.|res\.users|res\.groups|mail\.)/;

/** The models whose records can be brought back by themselves, by label. What belongs to another comes with it. */
export function restorableModels(registry: Registry): { readonly model: string; readonly label: string }[] {
  return [...registry.models.values()]
    .filter((model) => model.name === files || (isPlain(model) && ownerOf(model, registry) === undefined))
    .map(({ name, label }) => ({ model: name, label: name === files ? "Files of all records" : label }))
    .sort((one, other) => (one.label < other.label ? -1 : 1));
}

/**
 * The tables behind chosen models: their own, what belongs to their records, pairs of both, and the messages and files
 * of their records.
 *
 * @throws ExpectedError `invalid` for a model that cannot be chosen.
 */
export function partTables(registry: Registry, chosen: readonly string[]): PartTable[] {
  const offered = new Set(restorableModels(registry).map(({ model }) => model));
  const unknown = chosen.find((model) => !offered.has(model));
  if (unknown !== undefined || chosen.length === 0)
    throw new ExpectedError("invalid", `"${unknown ?? ""}" cannot be restored by itself`, {
      hint: `one or more of ${[...offered].join(", ")}; everything else comes with the whole database`,
    });
  const models = withParts(
    registry,
    chosen.filter((model) => model !== files),
  );
  const tables: PartTable[] = models.flatMap((model) => [
    { name: tableOf(model) },
    ...Object.entries(model.fields)
      .filter(([, field]) => field.kind === "many2many" && !never.test(field.target ?? ""))
      .map(([name]) => ({ name: pairTableOf(model, name) })),
  ]);
  const names = models.map(({ name }) => name);
  const own = { values: names };
  const withAllFiles = chosen.includes(files);
  return [
    ...tables,
    ...(names.length > 0
      ? [{ name: tableOf(registry.model(messages)), only: { column: "model", ...own } as const }]
      : []),
    {
      name: tableOf(registry.model(files)),
      ...(withAllFiles ? {} : { only: { column: "res_model", ...own } as const }),
    },
  ];
}

function withParts(registry: Registry, chosen: readonly string[]): Model[] {
  const all = new Set(chosen);
  for (let before = -1; before !== all.size; ) {
    before = all.size;
    for (const model of registry.models.values()) {
      const owner = isPlain(model) ? ownerOf(model, registry) : undefined;
      if (owner !== undefined && all.has(owner)) all.add(model.name);
    }
  }
  return [...all].map((name) => registry.model(name));
}

function isPlain(model: Model): boolean {
  return !never.test(model.name) && Object.values(model.fields).every((field) => !field.secret);
}

/** Whose part a record is: it cannot be without it, and goes with it. */
function ownerOf(model: Model, registry: Registry): string | undefined {
  const owning = Object.values(model.fields).find(
    (field) =>
      field.kind === "many2one" &&
      field.required &&
      field.onDelete === "cascade" &&
      field.target !== model.name &&
      isPlain(registry.model(field.target ?? "")),
  );
  return owning?.target;
}

/** The same in words of the models, for whoever decides. */
export function inWords(registry: Registry, found: Parts): Parts {
  const labels = new Map<string, string>();
  for (const model of registry.models.values()) {
    labels.set(tableOf(model), model.label);
    for (const [name, field] of Object.entries(model.fields))
      if (field.kind === "many2many") labels.set(pairTableOf(model, name), `${model.label}: ${field.label}`);
  }
  const word = (table: string): string => labels.get(table) ?? table;
  const fieldWord = (table: string, column: string): string => {
    const model = [...registry.models.values()].find((each) => tableOf(each) === table);
    return model?.fields[column]?.label ?? column;
  };
  return {
    ...found,
    tables: found.tables.map((change) => ({ ...change, table: word(change.table) })),
    dangling: found.dangling.map((one) => ({
      table: word(one.table),
      column: fieldWord(one.table, one.column),
      target: word(one.target),
      rows: one.rows,
    })),
  };
}

/** @throws ExpectedError `conflict` naming every reference that would lead nowhere. */
export function refuseDangling({ dangling }: Parts): void {
  if (dangling.length === 0) return;
  const sentences = dangling.map(
    ({ table, column, target, rows }) =>
      `${rows} of "${table}" would refer by "${column}" to records of "${target}" that are not there then`,
  );
  throw new ExpectedError("conflict", `it cannot be brought back like this: ${sentences.join("; ")}`, {
    hint: "choose what is referred to as well, or bring back without removing; nothing was changed",
  });
}
