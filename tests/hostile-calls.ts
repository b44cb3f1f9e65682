import type { Registry } from "@holdfast/framework/model/registry";
import { ownMethods, standardMethods } from "@holdfast/framework/remote/standard-methods";

/** A call that nobody means well. */
export interface HostileCall {
  readonly model: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs: Record<string, unknown>;
}

/** Numbers from 0 to 1, the same for the same seed. Source: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What stands in every hostile text: if it is ever part of a statement's text, somebody's words were. */
export const marker = "zqmarkerqz";

const texts = [
  `${marker}`,
  `${marker}' OR '1'='1`,
  `'; DROP TABLE res_partner; -- ${marker}`,
  `${marker}") UNION SELECT password_hash FROM res_users --`,
  `${marker}\\'; SELECT pg_sleep(9); --`,
  `$1 ${marker} $$ $2`,
  `${marker}%_\\%`,
  `${marker}\u202e\u2028\ufeff`,
  `<script>${marker}</script>`,
  `{{${marker}}} \${7*7}`,
  `${marker}\r\nSet-Cookie: a=b`,
  `name desc, (${marker})`,
  `name; ${marker}`,
  `id"::text, "${marker}`,
  `${marker}:month`,
  `${marker}.${marker}`,
  `0x${marker}`,
  `__proto__`,
  "constructor",
  "",
];
/** Texts that no call survives, whatever else it holds. */
const poison = [`${marker}\u0000`, `\ud800${marker}`, `${marker}\udfff`, marker.repeat(3_000)];
const numbers = [0, -1, 1, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, -1e-308, 0.1, 1e21, 2_147_483_647];
const operators = [
  "=",
  "!=",
  "<",
  ">=",
  "in",
  "not in",
  "like",
  "not ilike",
  "=like",
  "=?",
  "child_of",
  "parent_of",
  "any",
  "not any",
  "ilike",
];

/** Makes hostile calls that get far: half of what they hold is right. */
export class HostileCalls {
  readonly #random: () => number;
  readonly #registry: Registry;
  readonly #models: readonly string[];

  constructor(registry: Registry, random: () => number) {
    this.#registry = registry;
    this.#random = random;
    this.#models = [...registry.models.keys()];
  }

  /** One in so many, on average. */
  rarely(oneIn: number): boolean {
    return this.#random() * oneIn < 1;
  }

  /** One of a list. */
  of<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  next(): HostileCall {
    const often = ["res.partner", "sale.order", "product.template", "res.country", "sale.order.line"];
    const some = this.rarely(2) ? often.filter((name) => this.#registry.models.has(name)) : this.#models;
    const model = this.rarely(30) ? String(this.#value(1)) : this.of(some);
    const declared = Object.keys(this.#registry.models.get(model)?.methods ?? {});
    const known = [...standardMethods.keys(), ...ownMethods.keys(), ...declared];
    const usual = [
      "search_read",
      "search_count",
      "create",
      "write",
      "name_search",
      "read_group",
      "search_page",
    ];
    const method = this.rarely(25) ? String(this.#value(1)) : this.of(this.rarely(2) ? usual : known);
    const definition =
      standardMethods.get(method) ??
      ownMethods.get(method) ??
      this.#registry.models.get(model)?.methods?.[method];
    const shape = (definition?.input as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
    const kwargs: Record<string, unknown> = {};
    for (const name of Object.keys(shape)) if (!this.rarely(3)) kwargs[name] = this.#argument(name, model);
    if (this.rarely(10)) kwargs["context"] = this.#context();
    if (this.rarely(30)) kwargs[String(this.#value(1))] = this.#value(2);
    if (this.rarely(25))
      return { model, method, args: [this.#value(4), this.#value(3)], kwargs: this.rarely(3) ? kwargs : {} };
    if (definition?.on === "records") return { model, method, args: [this.#ids()], kwargs };
    return { model, method, args: [], kwargs };
  }

  #text(): string {
    return this.rarely(12) ? this.of(poison) : this.of(texts);
  }

  #argument(name: string, model: string): unknown {
    if (this.rarely(12)) return this.#value(4);
    if (name === "domain" || name === "args") return this.#domain(model, 3);
    if (name === "vals" || name === "values" || name === "default" || name === "expected")
      return this.#values(model);
    if (name === "vals_list")
      return this.rarely(2) ? this.#values(model) : [this.#values(model), this.#values(model)];
    if (name === "ids") return this.#ids();
    if (/field|groupby|aggregates|allfields|attributes/.test(name)) return this.#names(model);
    if (name === "order" || name === "orderby") return this.#order(model);
    if (name === "limit" || name === "offset") return this.rarely(4) ? this.of(numbers) : this.of([1, 5, 80]);
    if (name === "data") return [[this.#text(), this.#text()], [this.#value(2)]];
    if (name === "specification" || name === "select") return this.#specification(model, 3);
    if (/^(?:count|lazy|raise_exception)$/.test(name)) return this.of([true, false]);
    if (name === "operation") return this.of(["read", "write", "create", "unlink", marker]);
    if (name === "load") return this.of(["", "_classic_read", false]);
    if (name === "operator") return this.of(operators);
    return this.#text();
  }

  /** A condition whose value is of the field's own kind, with their words in it where that can be. */
  #term(model: string): unknown {
    const name = this.#field(model);
    const kind = this.#registry.models.get(model)?.fields[name]?.kind;
    if (kind === "text" || kind === "longText" || kind === "html" || name === "display_name")
      return [name, this.of(["=", "!=", "ilike", "not ilike", "=like", "like", "in"]), this.#text()];
    if (kind === "many2one" || kind === "one2many" || kind === "many2many")
      return [name, this.of(["ilike", "=", "in", "not ilike"]), this.#text()];
    return [name, this.of(["=", "!=", "<", ">="]), this.#value(0)];
  }

  #domain(model: string, depth: number): unknown {
    const terms: unknown[] = [];
    for (let at = 0; at < 1 + this.#random() * 3; at++) {
      if (this.rarely(12)) terms.push(this.of(["&", "|", "!"]));
      if (!this.rarely(3)) {
        terms.push(this.#term(model));
        continue;
      }
      const field = this.rarely(15) ? this.#text() : this.#path(model);
      const operator = this.rarely(20) ? this.#text() : this.of(operators);
      const inner =
        /any$/.test(operator) && depth > 0
          ? this.#domain(this.of(this.#models), depth - 1)
          : this.rarely(3)
            ? this.#value(2)
            : this.#text();
      terms.push(this.rarely(30) ? this.#value(2) : [field, operator, inner]);
    }
    return terms;
  }

  #path(model: string): string {
    const first = this.#field(model);
    const target = this.#registry.models.get(model)?.fields[first]?.target;
    return target !== undefined && this.rarely(2) ? `${first}.${this.#field(target)}` : first;
  }

  #field(model: string): string {
    const names = Object.keys(this.#registry.models.get(model)?.fields ?? {});
    return this.of([
      ...names,
      "id",
      "display_name",
      "create_date",
      "write_uid",
      ...(names.length === 0 ? texts : []),
    ]);
  }

  #values(model: string): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (let at = 0; at < 1 + this.#random() * 4; at++)
      values[this.rarely(20) ? this.#text() : this.#field(model)] = this.rarely(6)
        ? this.#commands(model)
        : this.#value(3);
    return values;
  }

  #commands(model: string): unknown {
    return this.of<unknown>([
      [[0, 0, this.#depthless(model)]],
      [[1, 1, { [this.#field(model)]: this.#value(1) }]],
      [[2, this.#value(1)]],
      [[6, 0, this.#ids()]],
      [[4, 1], [5], [3, 2]],
      [[9, 9, 9]],
      [this.#value(3)],
    ]);
  }

  #depthless(model: string): Record<string, unknown> {
    return { [this.#field(model)]: this.#value(1) };
  }

  #names(model: string): unknown {
    const names = Array.from({ length: 1 + this.#random() * 4 }, () =>
      this.rarely(15)
        ? this.#text()
        : this.#field(model) +
          (this.rarely(4)
            ? this.of([":sum", ":month", ":count_distinct", ":by_currency", ":week", `:${marker}`])
            : ""),
    );
    return this.rarely(10) ? names.join(",") : names;
  }

  #order(model: string): string {
    return this.rarely(8) ? this.#text() : `${this.#field(model)} ${this.of(["asc", "desc", "", marker])}`;
  }

  #specification(model: string, depth: number): Record<string, unknown> {
    const names = Array.from({ length: 1 + this.#random() * 3 }, () => this.#field(model));
    return Object.fromEntries(
      names.map((name) => {
        const target = this.#registry.models.get(model)?.fields[name]?.target;
        const nested =
          target !== undefined && depth > 0 ? { fields: this.#specification(target, depth - 1) } : {};
        return [name, this.rarely(8) ? this.#value(2) : nested];
      }),
    );
  }

  #context(): unknown {
    return this.rarely(5)
      ? this.#value(2)
      : {
          [this.of([
            "lang",
            "tz",
            "active_test",
            "allowed_company_ids",
            "uid",
            "idempotency_key",
            "__proto__",
          ])]: this.#value(2),
        };
  }

  #ids(): unknown {
    return this.rarely(6)
      ? this.#value(2)
      : Array.from({ length: this.#random() * 3 }, () => this.of([1, 2, 3, 7, ...numbers]));
  }

  #value(depth: number): unknown {
    const kind = Math.floor(this.#random() * (depth > 0 ? 9 : 6));
    if (kind <= 2) return this.#text();
    if (kind === 3) return this.of(numbers);
    if (kind === 4) return this.of([true, false, null]);
    if (kind === 5)
      return this.of([
        "2026-11-22",
        "2026-02-30",
        "2026-11-22 10:00:00",
        "99999-01-01",
        "12.50",
        "1e400",
        "-0",
      ]);
    if (kind === 6) return Array.from({ length: this.#random() * 4 }, () => this.#value(depth - 1));
    if (kind === 7) return nested(1 + Math.floor(this.#random() * 60), this.#text());
    return {
      [this.#text()]: this.#value(depth - 1),
      [this.of(["id", "name", "toJSON", "then", "length"])]: this.#value(depth - 1),
    };
  }
}

function nested(depth: number, core: unknown): unknown {
  let value = core;
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { [marker]: value };
  return value;
}
