import type { Changes, Domain, FieldName, Models, ModelType, NewValues, Row } from "./field-types.ts";
import type { NestedRow, Selected } from "./nested-types.ts";
import { type ClientOptions, send } from "./transport.ts";

/** Which part of a list, and in which order. */
export interface Page {
  readonly limit?: number;
  readonly offset?: number;
  /** `"name desc, id"`. */
  readonly order?: string;
  /** Only what comes after a record: the values that it was sorted by, then its id. */
  readonly after?: readonly unknown[];
}

/** One model's records, typed by its fields. All methods throw `ApiFailure`. */
export interface ModelClient<T extends ModelType, M extends Models = Models> {
  search(domain: Domain<T>, page?: Page): Promise<number[]>;
  searchCount(domain: Domain<T>): Promise<number>;
  searchRead<const N extends FieldName<T>>(
    domain: Domain<T>,
    fields: readonly N[],
    page?: Page,
  ): Promise<Row<T, N>[]>;
  read<const N extends FieldName<T>>(ids: readonly number[], fields: readonly N[]): Promise<Row<T, N>[]>;
  /**
   * Records with what is behind their relations, in one request:
   * `webRead([7], { name: {}, order_line: { fields: { name: {}, product_id: { fields: { name: {} } } }, limit: 40 } })`.
   */
  webRead<const S>(
    ids: readonly number[],
    specification: S & Selected<M, T, S>,
  ): Promise<NestedRow<M, T, S>[]>;
  /** The same of records that match, with how many match in all. */
  webSearchRead<const S>(
    domain: Domain<T>,
    specification: S & Selected<M, T, S>,
    page?: Page & { readonly count_limit?: number },
  ): Promise<{ readonly length: number; readonly records: NestedRow<M, T, S>[] }>;
  /** All records that match, page after page by id, so that none is missed or seen twice while others write. */
  all<const N extends FieldName<T>>(
    domain: Domain<T>,
    fields: readonly N[],
    pageRows?: number,
  ): AsyncGenerator<Row<T, N>>;
  /** Made once even when the answer is lost: each call has a key of its own, or the one given. */
  create(values: NewValues<T>, once?: string): Promise<number>;
  createMany(values: readonly NewValues<T>[], once?: string): Promise<number[]>;
  /** @param expected - values that were read: what changed since is a failure with status 409 that tells both. */
  write(
    ids: readonly number[],
    values: Changes<T>,
    expected?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  unlink(ids: readonly number[]): Promise<void>;
  /** A method that the model declares. */
  call<const M extends keyof T["methods"] & string>(
    method: M,
    input: T["methods"][M] extends "records"
      ? { readonly ids: readonly number[]; readonly [name: string]: unknown }
      : { readonly [name: string]: unknown },
  ): Promise<unknown>;
}

/** A typed client of one database. */
export interface Client<M extends Models> {
  model<const N extends keyof M & string>(name: N): ModelClient<M[N], M>;
}

const usualPageRows = 500;

/**
 * Connects nothing yet: each call is one request. Runs wherever `fetch` is.
 *
 * ```ts
 * import type { AcmeModels } from "./acme-models.ts"; // generated from /openapi.json
 * const acme = connect<AcmeModels>({ url: "https://acme.example", key });
 * const [first] = await acme.model("res.partner").searchRead([["name", "ilike", "oak"]], ["name", "email"]);
 * ```
 */
export function connect<M extends Models>(options: ClientOptions): Client<M> {
  return { model: (name) => modelClient(options, name) };
}

function modelClient<T extends ModelType, M extends Models>(
  options: ClientOptions,
  model: string,
): ModelClient<T, M> {
  const read = (method: string, input: Readonly<Record<string, unknown>>) =>
    send(options, { model, method, input, reads: true }) as Promise<never>;
  const change = (method: string, input: Readonly<Record<string, unknown>>, once?: string) =>
    send(options, { model, method, input, once, reads: false }) as Promise<never>;
  const searchRead: ModelClient<T, M>["searchRead"] = (domain, fields, page = {}) =>
    read("search_read", { domain, fields, ...page });
  return {
    search: (domain, page = {}) => read("search", { domain, ...page }),
    searchCount: (domain) => read("search_count", { domain }),
    searchRead,
    read: (ids, fields) => read("read", { ids, fields }),
    webRead: (ids, specification) => read("web_read", { ids, specification }),
    webSearchRead: (domain, specification, page = {}) =>
      read("web_search_read", { domain, specification, ...page }),
    async *all(domain, fields, pageRows = usualPageRows) {
      for (let after = 0; ; ) {
        const whole = [...anded(domain), ["id", ">", after]] as unknown as typeof domain;
        const rows = await searchRead(whole, fields, { limit: pageRows, order: "id" });
        yield* rows;
        const last = rows.at(-1);
        if (last === undefined || rows.length < pageRows) return;
        after = last.id;
      }
    },
    create: (values, once = crypto.randomUUID()) => change("create", { vals_list: values }, once),
    createMany: (values, once = crypto.randomUUID()) => change("create", { vals_list: values }, once),
    write: async (ids, vals, expected) => {
      await change(
        "write",
        { ids, vals, ...(expected === undefined ? {} : { expected }) },
        crypto.randomUUID(),
      );
    },
    unlink: async (ids) => {
      await change("unlink", { ids }, crypto.randomUUID());
    },
    call: (method, input) => change(method, input),
  };
}

/** A domain as one term, so that another may follow it. */
function anded(domain: readonly unknown[]): unknown[] {
  if (domain.length === 0) return [];
  let [open, terms] = [0, 0];
  for (const part of domain) {
    if (part === "&" || part === "|") open += 1;
    else if (part !== "!") terms += 1;
  }
  return ["&", ...Array.from({ length: Math.max(0, terms - open - 1) }, () => "&"), ...domain];
}
