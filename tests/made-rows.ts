import { randomBytes } from "node:crypto";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import { ExpectedError } from "@holdfast/kernel/errors";
import { newId } from "@holdfast/kernel/id";
import type { CompanyHost } from "./company-host.ts";

/** Values over those that a field would have by itself. */
export type More = Readonly<Record<string, unknown>>;

const moments = { date: "2026-11-22", datetime: "2026-11-22 12:00:00" } as const;

/** Makes records of any model from its fields alone, each with other words, for tests that count statements. */
export class RowMaker {
  readonly #host: CompanyHost;
  #serial = 0;

  constructor(host: CompanyHost) {
    this.#host = host;
  }

  /** A new value of a text field, another one each time; the end of it where the field is short. */
  fresh(maxLength = 40): string {
    return `made${++this.#serial}`.slice(-maxLength);
  }

  /** Makes records; null where they cannot be made from their fields alone. */
  async make(model: Model, count: number, more: (at: number) => More = () => ({})): Promise<number[] | null> {
    try {
      return await this.#host.database.data.writing(this.#host.database.system(), async (env) => {
        const related = await this.#related(env, model);
        if (related === null) return null;
        const rows = Array.from({ length: count }, (_, at) => this.#values(model, related, more(at)));
        return env.of(model).create(rows as never[]);
      });
    } catch (error) {
      if (error instanceof ExpectedError) return null;
      throw error;
    }
  }

  /** The first record of each model that a new one must lead to; null where there is none. */
  async #related(env: Environment, model: Model): Promise<More | null> {
    const found: Record<string, unknown> = {};
    for (const [name, field] of needed(model)) {
      if (field.kind !== "many2one" || Object.hasOwn(wantedBy(model.name), name)) continue;
      const order = { limit: 1, order: "id", activeOnly: false };
      const [id] = await env.model(field.target ?? "").search([], order);
      if (id === undefined) return null;
      found[name] = id;
    }
    for (const [name, [target, domain]] of Object.entries(wantedRecords[model.name] ?? {}))
      [found[name]] = await env.model(target).search(domain as never, { limit: 1 });
    return found;
  }

  #values(model: Model, related: More, more: More): More {
    const own = needed(model)
      .filter(([name]) => !Object.hasOwn(related, name))
      .map(([name, field]) => [name, this.#value(field)]);
    const wanted = Object.fromEntries(
      Object.entries(wantedBy(model.name)).map(([name, value]) => [
        name,
        typeof value === "function" ? value(this.fresh()) : value,
      ]),
    );
    return { ...Object.fromEntries(own), ...related, ...wanted, ...more };
  }

  #value(field: Field): unknown {
    switch (field.kind) {
      case "text":
        return this.#shortText(field.maxLength ?? 40);
      case "longText":
      case "html":
        return this.fresh();
      case "integer":
        return ++this.#serial;
      case "decimal":
      case "money":
        return "1";
      case "date":
      case "datetime":
        return moments[field.kind];
      case "selection":
        return field.options?.[0]?.[0];
      case "json":
        return {};
      default:
        return undefined;
    }
  }

  /** Codes of two or three letters are other ones too. */
  #shortText(maxLength: number): string {
    return maxLength < 8 ? (++this.#serial).toString(36).slice(-maxLength) : this.fresh(maxLength);
  }
}

/** Fields that a new record must be given. */
function needed(model: Model): [string, Field][] {
  return Object.entries(model.fields).filter(
    ([, field]) => (field.required || field.unique) && (field.default === undefined || field.unique),
  );
}

/** Fields that a method or a check asks for though no record needs them; a function is given new words. */
const wanted: Readonly<Record<string, More>> = {
  "res.users": { email: (words: string) => `${words}@example.test` },
  "sale.order": { company_id: 1, order_line: [[0, 0, { product_id: 1 }]] },
  "hf.webhook": { url: "https://example.test/told", res_model: "res.partner" },
  "ir.rule": { domain_force: "true" },
  "ir.model.access": { perm_read: true },
  "platform.customer": { email: (words: string) => `${words}@example.test` },
  "platform.database": { state: "running", former_until: "2099-01-01 00:00:00" },
  "platform.backup": { state: "stored" },
  "platform.shred.certificate": {
    tenant_id: () => newId(Date.now(), randomBytes(10)),
  },
};

/** Records that are not just any: what a check of the model would refuse otherwise. */
const wantedRecords: Readonly<
  Record<string, Readonly<Record<string, readonly [string, readonly unknown[]]>>>
> = {
  "ir.rule": { model_id: ["ir.model", [["model", "=", "res.partner"]]] },
  "ir.model.access": {
    model_id: ["ir.model", [["model", "=", "res.partner"]]],
    group_id: ["res.groups", [["key", "=", "contacts.user"]]],
  },
  "hf.webhook": { user_id: ["res.users", [["login", "=", "admin"]]] },
};

function wantedBy(model: string): More {
  return wanted[model] ?? {};
}
