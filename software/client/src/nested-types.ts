import type { FieldName, FieldType, Models, ModelType } from "./field-types.ts";

/** Which records of a collection. */
export interface CollectionPage {
  readonly limit?: number;
  /** `"sequence, id"`. */
  readonly order?: string;
}

/** A field alone: its value; of a many2one the bare id, of a collection the ids. */
export type Alone = Readonly<Record<string, never>>;

/** `S` as a selection of a model's fields, as deep as it goes: what is misspelt at any depth does not compile. */
export type Selected<M extends Models, T extends ModelType, S> = {
  readonly [K in keyof S]: K extends FieldName<T> ? SelectedField<M, T["fields"][K], S[K]> : never;
};

type SelectedField<M extends Models, F extends FieldType, S> = S extends { readonly fields: infer Inner }
  ? [F["target"]] extends [never]
    ? never
    : F["target"] extends keyof M
      ? { readonly fields: Selected<M, M[F["target"]], Inner> } & PageOf<F, S>
      : never
  : Alone;

/** A many2one leads to one record: there is nothing to page. */
type PageOf<F extends FieldType, S> = {
  readonly [K in Exclude<keyof S, "fields">]: F["collection"] extends true
    ? K extends keyof CollectionPage
      ? CollectionPage[K]
      : never
    : never;
};

/** A row as selected; a many2one is false where it is not set or a rule hides it. */
export type NestedRow<M extends Models, T extends ModelType, S> = { readonly id: number } & {
  readonly [K in keyof S & FieldName<T>]: NestedValue<M, T["fields"][K], S[K]>;
};

type NestedValue<M extends Models, F extends FieldType, S> = S extends { readonly fields: infer Inner }
  ? F["target"] extends keyof M
    ? F["collection"] extends true
      ? readonly NestedRow<M, M[F["target"]], Inner>[]
      : NestedRow<M, M[F["target"]], Inner> | false
    : never
  : [F["target"]] extends [never]
    ? F["read"]
    : F["collection"] extends true
      ? F["read"]
      : number | false;
