import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import type { CompanyHost } from "./company-host.ts";
import type { More, RowMaker } from "./made-rows.ts";

/** Models of one row: there are never more. */
const ofOneRow = ["hf.access.version", "hf.signin.policy", "mail.limits"];

/** One record of each model, with so many others behind each of its relations. */
export interface Scene {
  /** By model. */
  readonly anchors: ReadonlyMap<string, number>;
  /** Relations that nothing could be put behind: `hf.trash.res_id`. */
  readonly bare: readonly string[];
}

interface SceneOptions {
  readonly count: number;
  /** Records that are to be grown around; a new one is made of every other model. */
  readonly given: ReadonlyMap<string, number>;
  /** Nothing that keeps a record from being deleted. */
  readonly deletable: boolean;
}

/**
 * Puts `count` new records behind everything that leads to one record of each model: all that refers to it (by a
 * many2one, or by the name of its model and its number), and all that its collections hold. Each of them leads to
 * other new records in turn. So whatever a page or a method looks at has so many of it, none seen before.
 */
export async function sceneAround(
  by: { readonly host: CompanyHost; readonly maker: RowMaker },
  { count, given, deletable }: SceneOptions,
): Promise<Scene> {
  const models = [...by.host.database.registry.models.values()];
  const [anchors, pool] = [new Map(given), new Map<string, readonly number[]>()];
  const bare: string[] = [];
  for (const model of models) {
    const ids = await anchorAndPool(by, model, count);
    pool.set(model.name, ids.slice(1));
    if (ids[0] === undefined) bare.push(model.name);
    else if (!anchors.has(model.name)) anchors.set(model.name, ids[0]);
  }
  for (const model of models)
    for (const [name, field] of Object.entries(model.fields)) {
      if (deletable && field.onDelete === "restrict") continue;
      const done = await new Growth(by, { anchors, pool, count }).behind(model, name, field);
      if (done === false) bare.push(`${model.name}.${name}`);
    }
  return { anchors, bare };
}

async function anchorAndPool(
  { host, maker }: { readonly host: CompanyHost; readonly maker: RowMaker },
  model: Model,
  count: number,
): Promise<number[]> {
  if (!ofOneRow.includes(model.name)) return (await maker.make(model, 1 + count)) ?? [];
  return host.database.data.reading(host.database.system()).of(model).search([], { limit: 1 });
}

/** Puts rows behind relations. */
class Growth {
  readonly #host: CompanyHost;
  readonly #maker: RowMaker;
  readonly #anchors: ReadonlyMap<string, number>;
  readonly #pool: ReadonlyMap<string, readonly number[]>;
  readonly #count: number;

  constructor(
    by: { readonly host: CompanyHost; readonly maker: RowMaker },
    given: {
      readonly anchors: ReadonlyMap<string, number>;
      readonly pool: ReadonlyMap<string, readonly number[]>;
      readonly count: number;
    },
  ) {
    this.#host = by.host;
    this.#maker = by.maker;
    this.#anchors = given.anchors;
    this.#pool = given.pool;
    this.#count = given.count;
  }

  /** @returns `false` where nothing could be made; undefined where the field is no relation. */
  async behind(model: Model, name: string, field: Field): Promise<boolean | undefined> {
    if (field.related !== undefined) return undefined;
    if (field.kind === "many2one") return this.#referring(model, name, this.#anchors.get(field.target ?? ""));
    if (field.kind === "many2many") return this.#linked(model, name, field.target ?? "");
    return name === "res_id" ? this.#about(model) : undefined;
  }

  async #referring(model: Model, name: string, anchor: number | undefined): Promise<boolean> {
    if (anchor === undefined) return false;
    const made = await this.#made(model, this.#count, () => ({ [name]: anchor }));
    return made !== null;
  }

  async #linked(model: Model, name: string, target: string): Promise<boolean> {
    const own = this.#anchors.get(model.name);
    const others = await this.#made(this.#host.database.registry.model(target), this.#count, () => ({}));
    if (own === undefined || others === null) return false;
    const link = others.map((id) => [4, id]);
    await this.#host.database.data.writing(this.#host.database.system(), (env) =>
      env.of(model).write([own], { [name]: link } as never),
    );
    return true;
  }

  /** By the name of a model and a number: messages, files, links. */
  async #about(model: Model): Promise<boolean> {
    const named = model.fields["res_model"] ? "res_model" : "model";
    const all = [...this.#anchors];
    const made = await this.#made(model, this.#count * all.length, (at) => {
      const [about, id] = all[at % all.length] ?? [];
      return { [named]: about, res_id: id };
    });
    return made !== null;
  }

  /** Each leads to other records, where the model takes them; else to what it must. */
  async #made(model: Model, count: number, more: (at: number) => More): Promise<number[] | null> {
    const diverse = await this.#maker.make(model, count, (at) => ({
      ...this.#others(model, at),
      ...more(at),
    }));
    return diverse ?? this.#maker.make(model, count, more);
  }

  #others(model: Model, at: number): More {
    const found: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(model.fields)) {
      const ids = this.#pool.get(field.target ?? "") ?? [];
      const id = ids[at % Math.max(1, ids.length)];
      if (id === undefined || field.related !== undefined) continue;
      if (field.kind === "many2one") found[name] = id;
      if (field.kind === "many2many") found[name] = [[6, 0, [id]]];
    }
    return found;
  }
}
