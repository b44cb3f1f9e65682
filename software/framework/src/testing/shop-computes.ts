import { Decimal } from "../model/decimal.ts";
import type { Environment } from "../model/environment.ts";
import type { Reference } from "../model/field.ts";

type Computed = Promise<ReadonlyMap<number, Readonly<Record<string, unknown>>>>;

/** `Garden / Tools`: through the parent's own path. */
export async function pathNames(env: Environment, ids: readonly number[]): Computed {
  const rows = await rowsOf<{ name: string; parent_id: Reference | null }>(env, "shop.category", ids, [
    "name",
    "parent_id",
  ]);
  return new Map(
    rows.map((row) => [
      row.id,
      { path: row.parent_id === null ? row.name : `${row.parent_id.displayName} / ${row.name}` },
    ]),
  );
}

/** Quantity times price. */
export async function lineSubtotals(env: Environment, ids: readonly number[]): Computed {
  const rows = await rowsOf<{ quantity: string; price: string }>(env, "shop.line", ids, [
    "quantity",
    "price",
  ]);
  return new Map(
    rows.map((row) => [
      row.id,
      { subtotal: Decimal.of(row.quantity).times(Decimal.of(row.price)).toString() },
    ]),
  );
}

/** The sum of the lines; one query for all orders. */
export async function orderTotals(env: Environment, ids: readonly number[]): Computed {
  const lines = env.model("shop.line");
  const rows = (await lines.searchRead([["order_id", "in", ids]], [
    "order_id",
    "subtotal",
  ] as never[])) as unknown as readonly {
    readonly order_id: Reference;
    readonly subtotal: string;
  }[];
  const byOrder = Map.groupBy(rows, (row) => row.order_id.id);
  return new Map(
    ids.map((id) => [
      id,
      { total: Decimal.sum((byOrder.get(id) ?? []).map((row) => Decimal.of(row.subtotal))).toString() },
    ]),
  );
}

async function rowsOf<R>(
  env: Environment,
  model: string,
  ids: readonly number[],
  fields: readonly string[],
): Promise<readonly (R & { readonly id: number })[]> {
  return (await env.model(model).read(ids, fields as never[])) as never;
}
