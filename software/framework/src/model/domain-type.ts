import type { Field, FieldKind, Reference, ReferenceText } from "./field.ts";
import type { Model } from "./model.ts";

// biome-ignore-start lint/suspicious/noEmptyInterface: apps fill it in
/**
 * Models by name, so that dotted paths and subdomains are typed beyond their first step. Each app adds its own:
 * `declare module "@holdfast/framework/model/domain-type" { interface ModelTypes { "res.partner": typeof partnerModel } }`.
 * A path into a model that is not listed is taken as it stands; the server still checks it.
 */
export interface ModelTypes {}
// biome-ignore-end lint/suspicious/noEmptyInterface: apps fill it in

/** A domain that came from outside, or whose model is known by name only; see {@link parseDomain}. */
export type Domain = readonly (string | readonly [string, string, unknown])[];

/** A domain on `M`, for functions that make one. What is written in place is held to {@link CheckedDomain}, which knows paths too. */
export type DomainOf<M extends Model> = IsLoose<M> extends true ? Domain : readonly (Sign | TermOf<M>)[];

/**
 * What a given domain has to be: for each of its terms the operators and values that its own field takes. It costs
 * the compiler what the domain is long, not what the model has fields.
 */
export type CheckedDomain<M extends Model, D> =
  IsLoose<M> extends true ? unknown : { readonly [I in keyof D]: CheckedItem<M, D[I]> };

type Sign = "&" | "|" | "!";
type Unset = false | null;
type Equal = "=" | "!=" | "<>" | "=?";
type Member = "in" | "not in";
type Order = "<" | "<=" | ">" | ">=";
type Positive = "like" | "ilike" | "=like" | "=ilike";
type Like = Positive | `not ${Positive}`;
type Tree = "child_of" | "parent_of";
type Some = "any" | "not any";
type AnyField = Field<unknown, unknown, boolean>;

/** Models known by name only have all fields, of every kind. */
type IsLoose<M extends Model> = string extends keyof M["fields"] ? true : false;

type CheckedItem<M extends Model, T> = T extends string
  ? Sign
  : T extends readonly [infer P extends string, infer O, infer V]
    ? readonly [PathOr<M, P>, OperatorOf<FieldAt<M, P>, P>, ValueOf<FieldAt<M, P>, O, V>]
    : readonly [string, string, unknown];

/** The path itself where it leads to a field, else the names that there are, for the compiler's message. */
type PathOr<M extends Model, P extends string> = [FieldAt<M, P>] extends [never] ? OwnName<M> : P;
type OwnName<M extends Model> = (keyof M["fields"] & string) | keyof Automatic;

/** The field at the end of a path; never where a step is none or leads to no model. */
type FieldAt<M extends Model, P extends string> = string extends P
  ? IsLoose<M> extends true
    ? AnyField
    : never
  : P extends `${infer Head}.${infer Rest}`
    ? Beyond<Own<M, Head>, Rest>
    : Own<M, P>;
type Own<M extends Model, N extends string> = N extends keyof M["fields"]
  ? M["fields"][N]
  : N extends keyof Automatic
    ? Automatic[N]
    : never;
type Beyond<F, Rest extends string> = [TargetOf<F>] extends [never]
  ? never
  : TargetOf<F> extends keyof ModelTypes
    ? string extends Rest
      ? AnyField
      : ModelTypes[TargetOf<F>] extends infer T extends Model
        ? FieldAt<T, Rest>
        : AnyField
    : AnyField;
type TargetOf<F> = F extends Field ? NonNullable<F["target"]> : never;

interface Automatic {
  readonly id: Field<number, number, true, "integer", never>;
  readonly display_name: Field<string, string, true, "text", never>;
  readonly create_uid: Field<Reference, number, false, "many2one", "res.users">;
  readonly create_date: Field<Temporal.Instant, Temporal.Instant, true, "datetime", never>;
  readonly write_uid: Field<Reference, number, false, "many2one", "res.users">;
  readonly write_date: Field<Temporal.Instant, Temporal.Instant, true, "datetime", never>;
}

interface Operators {
  readonly text: Equal | Member | Order | Like;
  readonly longText: Equal | Member | Order | Like;
  readonly html: Equal | Member | Order | Like;
  readonly selection: Equal | Member | Order | Like;
  readonly integer: Equal | Member | Order;
  readonly decimal: Equal | Member | Order;
  readonly money: Equal | Member | Order;
  readonly boolean: Equal | Member;
  readonly date: Equal | Member | Order;
  readonly datetime: Equal | Member | Order;
  readonly many2one: Equal | Member | Like | Tree | Some;
  readonly reference: Equal | Member | Like;
  readonly one2many: Equal | Member | Like | Tree | Some;
  readonly many2many: Equal | Member | Like | Tree | Some;
  readonly json: Equal;
}

type OperatorOf<F, P> = [F] extends [never]
  ? string
  : F extends Field
    ? FieldKind extends F["kind"]
      ? string
      : Operators[F["kind"]] | (P extends "id" | `${string}.id` ? Tree : never)
    : never;

/** What one value of the kind is compared with. */
interface Operands<One> {
  readonly text: string;
  readonly longText: string;
  readonly html: string;
  readonly selection: One;
  readonly integer: number;
  readonly decimal: string | number;
  readonly money: string | number;
  readonly boolean: boolean;
  readonly date: Temporal.PlainDate | string;
  readonly datetime: Temporal.Instant | Temporal.PlainDate | string;
  readonly many2one: number | string;
  readonly reference: ReferenceText;
  readonly one2many: number | string;
  readonly many2many: number | string;
  readonly json: never;
}
type OperandOf<F> = F extends Field
  ? Operands<F["kind"] extends "selection" ? Choice<F> : never>[F["kind"]]
  : never;
type Choice<F> = F extends Field<infer R> ? R : never;

type ValueOf<F, O, V> = [F] extends [never]
  ? unknown
  : F extends Field
    ? FieldKind extends F["kind"]
      ? unknown
      : Compared<OperandOf<F>, O, TargetOf<F>, V>
    : never;
type Compared<One, O, T, V> = O extends Order
  ? One
  : O extends Member
    ? readonly (One | Unset)[]
    : O extends Like
      ? string | number | Unset
      : O extends Tree
        ? number | string | Unset | readonly (number | string)[]
        : O extends Some
          ? Subdomain<T, V>
          : One | Unset | readonly (One | Unset)[];
type Subdomain<T, V> = Domain extends V
  ? Domain
  : T extends keyof ModelTypes
    ? ModelTypes[T] extends infer Target extends Model
      ? CheckedDomain<Target, V>
      : Domain
    : Domain;

type TermOf<M extends Model> = { readonly [K in OwnName<M>]: Terms<K, Own<M, K>> }[OwnName<M>];
type Terms<K extends string, F> =
  | Term<K, F, Equal>
  | Term<K, F, Member>
  | Term<K, F, Order>
  | Term<K, F, Like>
  | Term<K, F, Tree>
  | Term<K, F, Some>
  | ([Beyond<F, string>] extends [never] ? never : readonly [`${K}.${string}`, string, unknown]);
type Term<K extends string, F, O> = [O & OperatorOf<F, K>] extends [never]
  ? never
  : readonly [K, O & OperatorOf<F, K>, ValueOf<F, O & OperatorOf<F, K>, Domain>];
