import assert from "node:assert/strict";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Any, World } from "./quotation-oracle.ts";

/** The same numbers for the same seed. */
export function randomDice(from: number) {
  let state = from >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    chance: (p: number) => next() < p,
    of: <T>(all: readonly T[]): T => all[below(all.length)] as T,
    some: <T>(all: readonly T[]): T[] => all.filter(() => next() < 0.4),
  };
}
type Dice = ReturnType<typeof randomDice>;

/** One run of changes on a few orders of its own. */
export class RandomQuotations {
  readonly dice: Dice;
  readonly orders: number[] = [];
  /** Lines whose amounts are older than a tax or a currency: nothing recomputes them until they are changed. */
  old = new Set<number>();
  log: string[] = [];
  readonly world: World;
  constructor(dice: Dice, world: World) {
    this.dice = dice;
    this.world = world;
  }
  line(): Any {
    const { of, chance, some } = this.dice;
    const product = chance(0.7) ? { product_id: of(this.world.products) } : { name: "free" };
    return {
      ...product,
      ...(chance(0.5) ? { price_unit: of(["1.005", "0.335", "333.5", "-1.005", "12.3456"]) } : {}),
      ...(chance(0.5) ? { product_uom_qty: of(["1", "3", "0.5", "2.125", "-1"]) } : {}),
      ...(chance(0.3) ? { discount: of(["10", "33.33", "100"]) } : {}),
      ...(chance(0.3)
        ? { tax_id: [[6, 0, some(this.world.taxes)]] }
        : chance(0.2)
          ? { tax_id: some(this.world.taxes).map((id) => [4, id]) }
          : {}),
    };
  }
  order(): Any {
    const { below, of } = this.dice;
    return {
      partner_id: this.world.partner,
      company_id: of(this.world.companies),
      order_line: Array.from({ length: below(4) }, () => [0, 0, this.line()]),
    };
  }
  async linesOf(env: Environment, ids = this.orders): Promise<number[]> {
    return env.model("sale.order.line").search([["order_id", "in", ids]] as never);
  }
  async stale(env: Environment) {
    for (const id of await this.linesOf(env)) this.old.add(id);
  }
  /** Everything is computed anew when this is written. */
  async touch(env: Environment) {
    const ids = await this.linesOf(env);
    await env.model("sale.order.line").writeEach(
      ids.map((id) => ({
        id,
        values: { product_uom_qty: String(1 + this.dice.below(9)), discount: this.dice.of(["0", "5"]) },
      })) as never,
    );
    for (const id of ids) this.old.delete(id);
  }
  async step(env: Environment): Promise<void> {
    const { below, of, chance, some } = this.dice;
    const orders = env.model("sale.order");
    const lines = env.model("sale.order.line");
    const all = await this.linesOf(env);
    const kind = this.orders.length === 0 ? 0 : below(17);
    this.log.push(`${kind}`);
    const fresh = (ids: readonly number[]) => {
      for (const id of ids) this.old.delete(id);
    };
    switch (kind) {
      case 0: {
        const ids = await orders.create(Array.from({ length: 1 + below(3) }, () => this.order()) as never);
        this.orders.push(...ids);
        return;
      }
      case 1: {
        await lines.create(
          Array.from({ length: 1 + below(3) }, () => ({
            ...this.line(),
            order_id: of(this.orders),
          })) as never,
        );
        return;
      }
      case 2: {
        if (all.length === 0) return;
        const ids = some(all);
        await lines.write(ids, {
          product_uom_qty: of(["7", "0.333"]),
          price_unit: of(["5.555", "0.5"]),
        } as never);
        fresh(ids);
        return;
      }
      case 3: {
        // By way of the order: changes, new ones, deletions together.
        const order = of(this.orders);
        const own = await this.linesOf(env, [order]);
        const commands: Any[] = own.flatMap((id): Any[] =>
          chance(0.3)
            ? [[2, id]]
            : chance(0.6)
              ? [
                  [
                    1,
                    id,
                    chance(0.5)
                      ? { product_id: of(this.world.products) }
                      : { tax_id: [[5], [4, of(this.world.taxes)]], price_unit: "3.145" },
                  ],
                ]
              : [],
        );
        commands.push([0, 0, this.line()]);
        if (chance(0.3)) commands.reverse();
        await orders.write([order], {
          order_line: commands,
          ...(chance(0.4) ? { company_id: of(this.world.companies) } : {}),
        } as never);
        // A changed currency rounds prices, and computes the amounts of all lines.
        return;
      }
      case 4: {
        await env.model("account.tax").write([of(this.world.taxes)], {
          amount: of(["7", "19.5", "21", "-3"]),
          active: chance(0.7),
        } as never);
        await this.stale(env);
        return;
      }
      case 5: {
        const at = below(this.world.currencies.length);
        await env
          .model("res.currency")
          .write([this.world.currencies[at] as number], { decimal_places: of([0, 2, 3]) } as never);
        await this.stale(env);
        await this.touch(env);
        return;
      }
      case 6: {
        if (all.length === 0) return;
        const ids = some(all);
        await lines.write(ids, { order_id: of(this.orders) } as never);
        return;
      }
      case 7: {
        const from = of(this.orders);
        const commands = [...some(all).map((id) => [4, id]), [0, 0, this.line()]];
        await orders.write([from], { order_line: commands } as never);
        return;
      }
      case 8: {
        // A new order that takes lines of others and makes some, in one verb.
        const [id = 0] = await orders.create([
          {
            ...this.order(),
            order_line: [[0, 0, this.line()], ...some(all).map((one) => [4, one]), [0, 0, this.line()]],
          },
        ] as never);
        this.orders.push(id);
        return;
      }
      case 9: {
        this.orders.push(
          ...(await orders.copyEach(
            some(this.orders),
            (chance(0.5) ? { company_id: of(this.world.companies) } : {}) as never,
          )),
        );
        return;
      }
      case 10: {
        const id = of(this.orders);
        const before = await this.linesOf(env, [id]);
        await orders.unlink([id]);
        if (chance(0.8)) {
          if (chance(0.5)) await this.inner(env);
          await orders.trashed.restore([id]);
        } else this.orders.splice(this.orders.indexOf(id), 1);
        // What comes back is as it was.
        for (const line of before) this.old.add(line);
        return;
      }
      case 11: {
        const order = of(this.orders);
        const own = await this.linesOf(env, [order]);
        await orders.write([order], {
          order_line: [
            [6, 0, some(own)],
            [0, 0, this.line()],
          ],
        } as never);
        return;
      }
      case 12: {
        if (all.length === 0) return;
        const ids = some(all);
        const tax = of(this.world.taxes);
        await lines.write(ids, {
          tax_id: of<Any>([
            [[4, tax]],
            [[3, tax]],
            [[5]],
            [[5], [4, tax]],
            [
              [6, 0, some(this.world.taxes)],
              [0, 0, { name: "new", amount: "11" }],
            ],
          ]),
        } as never);
        fresh(ids);
        return;
      }
      case 13: {
        // A tax is changed by way of a line: that line is computed with it, whatever was read before.
        const order = of(this.orders);
        const own = await this.linesOf(env, [order]);
        if (own.length === 0) return;
        const tax = of(this.world.taxes);
        await lines.write(own, { tax_id: [[6, 0, [tax]]] } as never);
        await this.stale(env);
        const [line = 0] = own;
        await orders.write([order], {
          order_line: [
            [0, 0, { ...this.line(), tax_id: [[4, tax]] }],
            [1, line, { price_unit: "8.125", tax_id: [[1, tax, { amount: of(["2", "40"]) }]] }],
          ],
        } as never);
        await this.stale(env);
        this.old.delete(line);
        return;
      }
      case 14: {
        const [template] = (await env
          .model("product.product")
          .read([of(this.world.products)], ["product_tmpl_id"] as never)) as Any[];
        await env.model("product.template").write([template.product_tmpl_id.id], {
          list_price: of(["1.25", "77.777"]),
          company_id: of([null, ...this.world.companies]),
          taxes_id: [[6, 0, some(this.world.taxes)]],
        } as never);
        return;
      }
      case 15: {
        await env
          .model("res.company")
          .write([of(this.world.companies)], { currency_id: of(this.world.currencies) } as never);
        return;
      }
      default: {
        // Several verbs at once.
        const order = () => of(this.orders);
        const made = await Promise.all([
          orders.create([this.order()] as never),
          lines.create([{ ...this.line(), order_id: order() }] as never),
          orders.create([this.order(), this.order()] as never),
          orders.write([order()], { order_line: [[0, 0, this.line()]] } as never),
        ]);
        this.orders.push(...(made[0] as number[]), ...(made[2] as number[]));
        const one = [order()];
        const read = () => orders.read(one, ["partner_id", "amount_total"] as never) as Promise<Any[]>;
        // What the first reading has found must not answer the second.
        await read();
        const [seen] = await read();
        assert.equal(seen.partner_id.displayName, "Customer");
      }
    }
  }
  async inner(env: Environment) {
    await env.model("account.tax").write([this.dice.of(this.world.taxes)], { amount: "13" } as never);
    await this.stale(env);
  }
}
