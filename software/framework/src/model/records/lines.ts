import { present } from "@holdfast/kernel/assert";
import { ident, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Collection, clearedOwners, eachOf } from "./collection.ts";
import { type Context, granted, notFound } from "./context.ts";
import { aliasesFor, all, column, ruleTerms } from "./where.ts";

/**
 * Commands on a one2many. A line that leaves is deleted when it cannot be without its owner, else it is
 * kept without one. Update, delete and unlink reach only lines of the record itself: for others the answer
 * is `not_found`.
 */
export async function applyLines(
  context: Context,
  model: Model,
  { field, commands }: Collection,
): Promise<void> {
  const target = context.registry.model(field.target ?? "");
  const inverse = field.inverse ?? "";
  const back = present(target.fields[inverse], `inverse "${inverse}" of "${model.name}"`);
  const leaving = [
    ...(await currentLines(context, target, { inverse, commands })),
    ...eachOf(commands, "unlink"),
  ];
  const removed = eachOf(commands, "remove");
  const changed = eachOf(commands, "update").map(({ owner, item }) => ({ owner, item: item.id }));
  await mustBelong(context, target, {
    inverse,
    pairs: [...eachOf(commands, "unlink"), ...removed, ...changed],
  });
  const left = leaving.map(({ item }) => item);
  const goes = back.required || back.onDelete === "cascade";
  const deleted = [...removed.map(({ item }) => item), ...(goes ? left : [])];
  if (deleted.length > 0) await context.changes.unlink(context, target, deleted);
  if (!goes && left.length > 0)
    await context.changes.write(context, target, { ids: left, values: { [inverse]: null }, fixed: inverse });
  const linked = ownersOfLinked(commands);
  await context.changes.writeEach(
    context,
    target,
    [...linked].map(([id, owner]) => ({ id, values: { [inverse]: owner } })),
    inverse,
  );
  await context.changes.writeEach(
    context,
    target,
    eachOf(commands, "update").map(({ item }) => item),
  );
  const fresh = eachOf(commands, "create").map(({ owner, item }) => ({ ...item, [inverse]: owner }));
  if (fresh.length > 0) await context.changes.create(context, target, fresh, inverse);
}

interface Lines {
  readonly inverse: string;
  readonly commands: Collection["commands"];
}

/** Lines, as far as the actor may read them, of the owners that are cleared; those that are linked again stay. */
async function currentLines(context: Context, target: Model, { inverse, commands }: Lines) {
  const owners = clearedOwners(commands);
  if (owners.length === 0) return [];
  const place = { alias: "t", aliases: aliasesFor(context) };
  const where = [
    sql`${column("t", inverse)} = ANY(${owners}::integer[])`,
    ...ruleTerms(granted(context, target, "read").rule, place),
  ];
  const tuples = await context.statements.tuples(
    sql`SELECT ${column("t", "id")}, ${column("t", inverse)} FROM ${ident(tableOf(target))} "t" WHERE ${all(where)}`,
  );
  return tuples
    .map(([id, owner]) => ({ owner: owner as number, item: id as number }))
    .filter(({ owner, item }) => !commands.get(owner)?.link.includes(item));
}

interface Belonging {
  readonly inverse: string;
  readonly pairs: readonly { readonly owner: number; readonly item: number }[];
}

async function mustBelong(context: Context, target: Model, { inverse, pairs }: Belonging): Promise<void> {
  if (pairs.length === 0) return;
  const ids = pairs.map(({ item }) => item);
  const tuples = await context.statements.tuples(
    sql`SELECT id, ${ident(inverse)} FROM ${ident(tableOf(target))} WHERE id = ANY(${ids}::integer[])`,
  );
  const owners = new Map(tuples.map(([id, owner]) => [id, owner]));
  if (pairs.some(({ owner, item }) => owners.get(item) !== owner)) throw notFound(target);
}

/** One that several link goes to the last of them. */
function ownersOfLinked(commands: Collection["commands"]): ReadonlyMap<number, number> {
  return new Map(
    [...commands].flatMap(([owner, own]) => own.link.map((id): [number, number] => [id, owner])),
  );
}
