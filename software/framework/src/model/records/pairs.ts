import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import { markStale } from "./affected.ts";
import { type Collection, type CommandsByOwner, clearedOwners, eachOf } from "./collection.ts";
import { type Context, granted, notFound } from "./context.ts";
import { exists } from "./read.ts";
import { aliasesFor, all, column, ruleTerms } from "./where.ts";

/**
 * Commands on a many2many. Pairs belong to the record that has the field: changing them asks for rights on
 * it, and for a sight of the other record. Pairs with records that a rule hides are left alone, so that
 * nobody removes what he cannot see.
 */
export async function applyPairs(
  context: Context,
  model: Model,
  { name, field, commands }: Collection,
): Promise<void> {
  const target = context.registry.model(field.target ?? "");
  const table = ident(pairTableOf(model, name));
  const removed = eachOf(commands, "remove").map(({ item }) => item);
  const changed = eachOf(commands, "update");
  await mustBePaired(context, target, {
    table,
    pairs: [...eachOf(commands, "remove"), ...changed.map(({ owner, item }) => ({ owner, item: item.id }))],
  });
  await removePairs(context, target, { table, commands });
  if (removed.length > 0) await context.changes.unlink(context, target, removed);
  await context.changes.writeEach(
    context,
    target,
    changed.map(({ item }) => item),
  );
  const fresh = eachOf(commands, "create");
  const made =
    fresh.length === 0
      ? []
      : await context.changes.create(
          context,
          target,
          fresh.map(({ item }) => item),
        );
  const pairs = [
    ...eachOf(commands, "link"),
    ...fresh.map(({ owner }, i) => ({ owner, item: made[i] as number })),
  ];
  await addPairs(context, target, { table, pairs });
  await markStale(context, model, { ids: [...commands.keys()], fields: new Set([name]) });
}

interface Pairs {
  readonly table: Sql;
  readonly pairs: readonly { readonly owner: number; readonly item: number }[];
}

async function addPairs(context: Context, target: Model, { table, pairs }: Pairs): Promise<void> {
  if (pairs.length === 0) return;
  const wanted = new Set(pairs.map(({ item }) => item));
  if (context.actor.kind !== "system" && (await exists(context, target, [...wanted])).length !== wanted.size)
    throw notFound(target);
  context.unit?.changing();
  const [owners, items] = [pairs.map(({ owner }) => owner), pairs.map(({ item }) => item)];
  await context.statements.tuples(
    sql`INSERT INTO ${table} (left_id, right_id) SELECT * FROM unnest(${owners}::integer[], ${items}::integer[]) ON CONFLICT DO NOTHING`,
  );
}

/** One DELETE for what is unlinked by name and what is cleared or not in a replacement. */
async function removePairs(
  context: Context,
  target: Model,
  { table, commands }: { readonly table: Sql; readonly commands: CommandsByOwner },
): Promise<void> {
  const named = eachOf(commands, "unlink");
  const cleared = clearedOwners(commands);
  if (named.length === 0 && cleared.length === 0) return;
  const kept = cleared.flatMap((owner) => (commands.get(owner)?.link ?? []).map((item) => ({ owner, item })));
  const place = { alias: "r", aliases: aliasesFor(context) };
  const rule = ruleTerms(granted(context, target, "read").rule, place);
  const visible = sql`EXISTS (SELECT 1 FROM ${ident(tableOf(target))} "r" WHERE ${all([sql`${column("r", "id")} = "p".right_id`, ...rule])})`;
  context.unit?.changing();
  await context.statements.tuples(sql`DELETE FROM ${table} "p" WHERE ${visible} AND (${isOneOf(named)}
    OR ("p".left_id = ANY(${cleared}::integer[]) AND NOT ${isOneOf(kept)}))`);
}

/** A pair that is not there gives no way to records of the target. */
async function mustBePaired(context: Context, target: Model, { table, pairs }: Pairs): Promise<void> {
  if (pairs.length === 0) return;
  const tuples = await context.statements.tuples(
    sql`SELECT count(*) FROM ${table} "p" WHERE ${isOneOf(pairs)}`,
  );
  if (tuples[0]?.[0] !== new Set(pairs.map(({ owner, item }) => `${owner} ${item}`)).size)
    throw notFound(target);
}

function isOneOf(pairs: Pairs["pairs"]): Sql {
  const [owners, items] = [pairs.map(({ owner }) => owner), pairs.map(({ item }) => item)];
  return sql`(("p".left_id, "p".right_id) IN (SELECT * FROM unnest(${owners}::integer[], ${items}::integer[])))`;
}
