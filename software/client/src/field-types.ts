/** A field of a model, as types alone: what reading gives, what writing takes, what a domain compares it with. */
export interface FieldType {
  readonly read: unknown;
  readonly write: unknown;
  readonly operand: unknown;
  readonly operator: string;
  /** `required`: must be given to create; `readonly`: cannot be written. */
  readonly mode: "required" | "optional" | "readonly";
  /** Never false when read. */
  readonly always: boolean;
  /** Of a relation: the model that it leads to. */
  readonly target: string;
  /** A relation to any number of records. */
  readonly collection: boolean;
}

type Mode = FieldType["mode"];
type Of<
  Read,
  Write,
  Operand,
  Operator extends string,
  M extends Mode,
  Always extends boolean,
  Target extends string = never,
  Collection extends boolean = false,
> = {
  readonly read: Always extends true ? Read : Read | false;
  readonly write: Always extends true ? Write : Write | false | null;
  readonly operand: Operand | false;
  readonly operator: Operator;
  readonly mode: M;
  readonly always: Always;
  readonly target: Target;
  readonly collection: Collection;
};

type Equal = "=" | "!=" | "in" | "not in" | "=?";
type Order = "<" | ">" | "<=" | ">=";
type Like = "like" | "not like" | "ilike" | "not ilike" | "=like" | "=ilike";
type Inside = "any" | "not any" | "child_of" | "parent_of";
type OneOrMany<T> = T | readonly T[];

/** One or more lines of text. */
export type Text<M extends Mode = "optional", A extends boolean = false> = Of<
  string,
  string,
  OneOrMany<string>,
  Equal | Like | Order,
  M,
  A
>;
/** A whole number. */
export type Integer<M extends Mode = "optional", A extends boolean = false> = Of<
  number,
  number,
  OneOrMany<number>,
  Equal | Order,
  M,
  A
>;
/** A number with digits after the point; text keeps them exact. */
export type Decimal<M extends Mode = "optional", A extends boolean = false> = Of<
  number,
  number | string,
  OneOrMany<number | string>,
  Equal | Order,
  M,
  A
>;
/** True or false. */
export type Flag<M extends Mode = "optional"> = Of<boolean, boolean, boolean, "=" | "!=", M, true>;
/** `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM:SS` in UTC. */
export type When<M extends Mode = "optional", A extends boolean = false> = Of<
  string,
  string,
  OneOrMany<string>,
  Equal | Order,
  M,
  A
>;
/** One of some values. */
export type Choice<V extends string, M extends Mode = "optional", A extends boolean = false> = Of<
  V,
  V,
  OneOrMany<V>,
  Equal,
  M,
  A
>;
/** A related record: its id and name; written as its id. */
export type One<Target extends string, M extends Mode = "optional", A extends boolean = false> = Of<
  readonly [id: number, name: string],
  number,
  OneOrMany<number | string> | readonly unknown[],
  Equal | Like | Inside,
  M,
  A,
  Target
>;
/** Related records: their ids; written by commands. */
export type Many<Target extends string, M extends Mode = "optional"> = Of<
  readonly number[],
  readonly Command[],
  OneOrMany<number | string> | readonly unknown[],
  Equal | Like | Inside,
  M,
  true,
  Target,
  true
>;
/** Any JSON value. */
export type Json<M extends Mode = "optional"> = Of<unknown, unknown, never, "=" | "!=", M, false>;

/** Create, change, delete, unlink, link, clear, replace. */
export type Command =
  | readonly [0, number, Readonly<Record<string, unknown>>]
  | readonly [1, number, Readonly<Record<string, unknown>>]
  | readonly [2 | 3 | 4, number]
  | readonly [5]
  | readonly [6, number, readonly number[]];

/** A model: its fields and the methods that it declares besides those of all models. */
export interface ModelType {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly methods: Readonly<Record<string, "records" | "model">>;
}

/** All models of a database; generated from its `/openapi.json`. */
export type Models = Readonly<Record<string, ModelType>>;

type Fields<T extends ModelType> = T["fields"];
/** Names of a model's fields. */
export type FieldName<T extends ModelType> = keyof Fields<T> & string;
/** A row with the named fields; the id is always there. */
export type Row<T extends ModelType, N extends FieldName<T>> = { readonly id: number } & {
  readonly [K in N]: Fields<T>[K]["read"];
};
type Named<T extends ModelType, M extends Mode> = {
  [K in FieldName<T>]: Fields<T>[K]["mode"] extends M ? K : never;
}[FieldName<T>];
/** What `write` takes. */
export type Changes<T extends ModelType> = {
  readonly [K in Named<T, "required" | "optional">]?: Fields<T>[K]["write"];
};
/** What `create` takes: required fields must be there. */
export type NewValues<T extends ModelType> = Changes<T> & {
  readonly [K in Named<T, "required">]: Fields<T>[K]["write"];
};
type Term<T extends ModelType> =
  | {
      [K in FieldName<T>]: readonly [K, Fields<T>[K]["operator"], Fields<T>[K]["operand"]];
    }[FieldName<T>]
  | readonly [`${FieldName<T>}.${string}`, Equal | Order | Like | Inside, unknown];
/** Terms with `&`, `|` and `!` before them. */
export type Domain<T extends ModelType> = readonly ("&" | "|" | "!" | Term<T>)[];
