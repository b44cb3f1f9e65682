import type { GroupKey } from "../access/actor.ts";
import type { Translations } from "./keyed.ts";

declare const readType: unique symbol;
declare const writeType: unique symbol;

export type FieldKind =
  | "text"
  | "longText"
  | "html"
  | "integer"
  | "decimal"
  | "money"
  | "boolean"
  | "date"
  | "datetime"
  | "selection"
  | "many2one"
  | "reference"
  | "one2many"
  | "many2many"
  | "json";

/** What every field may say of itself. */
export interface FieldOptions<Write> {
  readonly label: string;
  readonly help?: string;
  readonly required?: boolean;
  /** Callers may not write it; code in a system scope and computations may. */
  readonly readonly?: boolean;
  readonly index?: boolean;
  readonly unique?: boolean;
  /** Field permission: for all others the field does not exist, in any channel. */
  readonly groups?: readonly GroupKey[];
  /** Never leaves the data layer for any actor but a system scope (hashes, tokens). */
  readonly secret?: boolean;
  /** A value, or a function of the moment of creation. */
  readonly default?: Write | ((context: DefaultContext) => Write);
  /** `false`: a copy of the record starts with the default. */
  readonly copy?: boolean;
  /**
   * The value at the end of a path of many2ones, read anew each time: `"partner_id.country_id"`. It has no column,
   * nobody writes it, and it exists for those alone who may read every step; see derived.ts.
   */
  readonly related?: string;
}

/** A value worked out on reading, from fields of the same record that the reader may read; see derived.ts. */
export interface OnRead<Value> {
  /** What it is worked out from, as the model declares them. */
  readonly from: Fields;
  value(values: never): Value;
}

export interface DefaultContext {
  readonly userId: number | null;
  readonly partnerId: number | null;
  /** The first of the companies that the creator works for now. */
  readonly companyId: number | null;
  /** IETF tag and IANA zone. */
  readonly language: string;
  readonly timeZone: string;
  readonly groups: ReadonlySet<GroupKey>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * A declared field. `Read` and `Write` are the TypeScript types of its values; null is "not set". `Kind` and
 * `Target` are what domains are typed by: see domain-type.ts.
 */
export interface Field<
  Read = unknown,
  Write = unknown,
  Required extends boolean = boolean,
  Kind extends FieldKind = FieldKind,
  Target extends string = string,
> extends FieldOptions<Write> {
  readonly kind: Kind;
  readonly required: Required;
  /** Target model of a relation. */
  readonly target?: Target;
  /** one2many: the many2one on the target that points back. */
  readonly inverse?: string;
  /** many2one: what deleting the target does. `keep`: nothing, and no foreign key asks whether it is there. */
  readonly onDelete?: OnDelete;
  /** selection: value and label, in order. */
  readonly options?: readonly (readonly [string, string])[];
  /** decimal: digits after the point; money has those of its currency. */
  readonly scale?: number;
  /** money: the many2one of the currency on the same model. */
  readonly currencyField?: string;
  /** reference: names of the models whose records it may hold. */
  readonly targets?: readonly string[];
  /** text: most characters. */
  readonly maxLength?: number;
  /** A text for each language; see keyed.ts. */
  readonly translated?: true;
  /** A value for each company; see keyed.ts. */
  readonly perCompany?: true;
  /** Not stored: worked out on reading. */
  readonly computed?: OnRead<unknown>;
  readonly [readType]?: Read;
  readonly [writeType]?: Write;
}

export type OnDelete = "restrict" | "cascade" | "set null" | "keep";

/** A related record as every read gives it: its id and name in one round trip. */
export interface Reference {
  readonly id: number;
  readonly displayName: string;
}

/** A record of one of several models, with its name. */
export interface RecordReference extends Reference {
  readonly model: string;
}

/** How a {@link RecordReference} is written, and what domains compare with: `res.partner,7`. */
export type ReferenceText = `${string},${number}`;

/** The commands of the remote API on x2many fields: create, update, delete, unlink, link, clear, replace. */
export type X2manyCommand =
  | readonly [0, unknown, Readonly<Record<string, unknown>>]
  | readonly [1, number, Readonly<Record<string, unknown>>]
  | readonly [2, number, unknown?]
  | readonly [3, number, unknown?]
  | readonly [4, number, unknown?]
  | readonly [5, unknown?, unknown?]
  | readonly [6, unknown, readonly number[]];

/** `true` where the options say `required: true`; a conditional, so that no context widens it. */
type RequiredIn<O> = O extends { readonly required: true } ? true : false;
/** Options `O` and nothing else: a misspelt option does not compile. */
type Only<O, Allowed> = O & Readonly<Record<Exclude<keyof O, keyof Allowed>, never>>;

/** A text for each language: read in the language of who asks, else in the source language; written in theirs. */
type Translatable = FieldOptions<string> & { readonly translated?: true };
/** A value for each company: read, searched and written in the first company that the actor works for now. Never required. */
type PerCompany = { readonly perCompany?: true };
/** Not stored: worked out on reading; see {@link computedFrom}. */
type OnReading<Value> = { readonly computed?: OnRead<Value | null> };
type TextOptions = Translatable & PerCompany & OnReading<string> & { readonly maxLength?: number };
type LongTextOptions = Translatable & OnReading<string>;
type ScalarOptions<Write> = FieldOptions<Write> & PerCompany & OnReading<Write>;
type DecimalOptions = ScalarOptions<string> & { readonly scale: number };
type MoneyOptions = ScalarOptions<string> & { readonly currencyField: string };
/** Code of ours may write several languages at once. */
type Written<O> = O extends { readonly translated: true } ? string | Translations : string;
/** Nobody writes what is read from elsewhere or worked out on reading. */
type Writable<O, Write> = O extends { readonly related: string } | { readonly computed: object }
  ? never
  : Write;
type Many2oneOptions = FieldOptions<number> & { readonly onDelete?: OnDelete };
type X2manyOptions = Omit<FieldOptions<readonly X2manyCommand[]>, "required" | "related">;

function declare<Read, Write, R extends boolean, K extends FieldKind, T extends string = never>(
  kind: K,
  options: FieldOptions<unknown> & OnReading<unknown>,
  rest: Readonly<Record<string, unknown>> = {},
): Field<Read, Write, R, K, T> {
  const derived = options.related !== undefined || options.computed !== undefined;
  const kept = derived ? { readonly: true, copy: false } : {};
  const field = { ...options, ...kept, required: options.required ?? false, kind, ...rest };
  return field as unknown as Field<Read, Write, R, K, T>;
}

/**
 * A value worked out on reading.
 *
 * @param from - declared fields of the same model by their names: columns and related ones.
 * @param value - pure and fast: it runs for each record of a list.
 */
export function computedFrom<const F extends Fields, Value>(
  from: F,
  value: (values: { readonly [K in keyof F]: ReadOf<F[K]> }) => Value,
): OnRead<Value> {
  return { from, value };
}

/** One line of text, at most `maxLength` characters (256 unless told). */
export function text<const O extends TextOptions>(options: Only<O, TextOptions>) {
  return declare<string, Writable<O, Written<O>>, RequiredIn<O>, "text">("text", options, {
    maxLength: options.maxLength ?? 256,
  });
}

/** Several lines of plain text, at most 65,536 characters. */
export function longText<const O extends LongTextOptions>(options: Only<O, LongTextOptions>) {
  return declare<string, Writable<O, Written<O>>, RequiredIn<O>, "longText">("longText", options, {
    maxLength: 65_536,
  });
}

/** Rich text, sanitized when written. */
export function html<const O extends Translatable>(options: Only<O, Translatable>) {
  return declare<string, Writable<O, Written<O>>, RequiredIn<O>, "html">("html", options, {
    maxLength: 262_144,
  });
}

/** A whole number of 32 bits. */
export function integer<const O extends ScalarOptions<number>>(options: Only<O, ScalarOptions<number>>) {
  return declare<number, Writable<O, number>, RequiredIn<O>, "integer">("integer", options);
}

/** An exact number as text, `scale` digits after the point. */
export function decimal<const O extends DecimalOptions>(options: Only<O, DecimalOptions>) {
  return declare<string, Writable<O, string>, RequiredIn<O>, "decimal">("decimal", options, {
    scale: options.scale,
  });
}

/** An exact amount as text, in the currency that `currencyField` names: rounded to its digits when it is stored. */
export function money<const O extends MoneyOptions>(options: Only<O, MoneyOptions>) {
  return declare<string, Writable<O, string>, RequiredIn<O>, "money">("money", options);
}

/** True or false, never null: unset is false. */
export function boolean<const O extends ScalarOptions<boolean>>(options: Only<O, ScalarOptions<boolean>>) {
  return declare<boolean, Writable<O, boolean>, true, "boolean">("boolean", {
    ...options,
    required: true,
    default: options.default ?? false,
  });
}

/** A day of the calendar. */
export function date<const O extends ScalarOptions<Temporal.PlainDate>>(
  options: Only<O, ScalarOptions<Temporal.PlainDate>>,
) {
  return declare<Temporal.PlainDate, Writable<O, Temporal.PlainDate>, RequiredIn<O>, "date">("date", options);
}

/** A moment, UTC, to the microsecond. */
export function datetime<const O extends ScalarOptions<Temporal.Instant>>(
  options: Only<O, ScalarOptions<Temporal.Instant>>,
) {
  return declare<Temporal.Instant, Writable<O, Temporal.Instant>, RequiredIn<O>, "datetime">(
    "datetime",
    options,
  );
}

/** One of the given values, each with its label. */
export function selection<
  const C extends readonly (readonly [string, string])[],
  const O extends ScalarOptions<C[number][0]>,
>(choices: C, options: Only<O, ScalarOptions<C[number][0]>>) {
  return declare<C[number][0], Writable<O, C[number][0]>, RequiredIn<O>, "selection">("selection", options, {
    options: choices,
  });
}

/** A reference to one record; required ones keep their target from being deleted unless told otherwise. */
export function many2one<const T extends string, const O extends Many2oneOptions>(
  target: T,
  options: Only<O, Many2oneOptions>,
) {
  const onDelete = options.onDelete ?? (options.required ? "restrict" : "set null");
  return declare<Reference, Writable<O, number>, RequiredIn<O>, "many2one", T>("many2one", options, {
    target,
    onDelete: options.related === undefined ? onDelete : "keep",
  });
}

/**
 * A record of one of several models. One that is hidden from who reads, or gone, is as good as none: in its value, its
 * name, domains and groups. When it is deleted the field is unset; a required one keeps it from being deleted.
 */
export function reference<const O extends FieldOptions<ReferenceText>>(
  targets: readonly string[],
  options: Only<O, FieldOptions<ReferenceText>>,
) {
  return declare<RecordReference, ReferenceText, RequiredIn<O>, "reference">("reference", options, {
    targets,
  });
}

/** Records of `target` whose many2one `inverse` points here. */
export function one2many<const T extends string>(target: T, inverse: string, options: X2manyOptions) {
  return declare<readonly number[], readonly X2manyCommand[], false, "one2many", T>("one2many", options, {
    target,
    inverse,
  });
}

/** Any number of records of `target`, kept in a table of pairs. */
export function many2many<const T extends string>(target: T, options: X2manyOptions) {
  return declare<readonly number[], readonly X2manyCommand[], false, "many2many", T>("many2many", options, {
    target,
  });
}

/** Any JSON value. */
export function json<const O extends FieldOptions<unknown>>(options: Only<O, FieldOptions<unknown>>) {
  return declare<unknown, unknown, RequiredIn<O>, "json">("json", options);
}

export type Fields = Readonly<Record<string, Field>>;

/** What reading a field gives: null where it is not required and not set; x2many are never null. */
export type ReadOf<F> =
  F extends Field<infer Read, infer _Write, infer R>
    ? R extends true
      ? Read
      : Read extends readonly number[]
        ? Read
        : Read | null
    : never;

/** What writing a field takes; null unsets. */
export type WriteOf<F> =
  F extends Field<infer _Read, infer Write, infer R>
    ? [Write] extends [never]
      ? never
      : R extends true
        ? Write
        : Write | null
    : never;
