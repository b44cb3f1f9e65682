import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

/** A field as `/web/model` describes it: the shape and type names of `fields_get`. */
export interface FieldDescription {
  readonly name: string;
  readonly type: FieldType;
  readonly string: string;
  readonly required?: boolean;
  readonly readonly?: boolean;
  readonly help?: string | false;
  readonly selection?: readonly (readonly [string, string])[];
  readonly relation?: string;
  readonly relation_field?: string;
  /** All digits and those after the point. */
  readonly digits?: readonly [number, number];
  readonly currency_field?: string;
  readonly size?: number;
  /** A text for each language. */
  readonly translate?: true;
  /** A value for each company. */
  readonly company_dependent?: true;
  readonly searchable?: boolean;
  readonly sortable?: boolean;
}

export type FieldType =
  | "char"
  | "text"
  | "html"
  | "integer"
  | "float"
  | "monetary"
  | "boolean"
  | "date"
  | "datetime"
  | "selection"
  | "many2one"
  | "reference"
  | "one2many"
  | "many2many"
  | "json";

export type FieldDescriptions = Readonly<Record<string, FieldDescription>>;

/** What the browser knows of one model: only what this user may see of it. */
export interface ModelDescription {
  readonly model: string;
  readonly label: string;
  readonly displayName: string;
  readonly fields: FieldDescriptions;
  readonly list: ListView | null;
  readonly form: FormView | null;
  readonly rights: {
    readonly read: boolean;
    readonly write: boolean;
    readonly create: boolean;
    readonly unlink: boolean;
    readonly export: boolean;
    readonly import: boolean;
  };
  readonly chatter?: boolean;
  /** What is deleted can be restored. */
  readonly trash?: boolean;
}

/** The answer of `/web/app`: who is signed in, where, and what the rail shows. */
export interface AppDescription {
  readonly user: {
    readonly id: number;
    readonly name: string;
    readonly login: string;
    readonly groups: readonly string[];
    readonly companyName: string;
  };
  readonly tenant: { readonly name: string; readonly neutralized: boolean };
  readonly csrf: string;
  readonly apps: readonly { readonly name: string; readonly label: string }[];
  readonly menus: readonly MenuItem[];
  readonly version: string;
}

/** One condition of a domain: path, operator, value. */
export type Term = readonly [string, string, unknown];
/** A domain as the remote API writes it: prefix operators over conditions. */
export type Domain = readonly (string | Term)[];

/** What a button method may answer for the browser to do next. */
export type Action =
  | {
      readonly type: "message";
      readonly message?: string;
      readonly text?: string;
      readonly level?: "success" | "warning" | "danger";
    }
  | { readonly type: "url"; readonly url: string; readonly newTab?: boolean }
  | { readonly type: "download"; readonly url: string; readonly name?: string }
  | { readonly type: "record"; readonly model: string; readonly id: number }
  | { readonly type: "list"; readonly model: string; readonly domain?: Domain; readonly title?: string }
  | { readonly type: "secret"; readonly title: string; readonly secret: string; readonly message: string }
  | { readonly type: "watch"; readonly model?: string; readonly id: number };

const actionTypes = new Set(["message", "url", "download", "record", "list", "secret", "watch"]);

/** Tells an action from any other answer of a method, which is then ignored. */
export function isAction(answer: unknown): answer is Action {
  return (
    typeof answer === "object" && answer !== null && "type" in answer && actionTypes.has(String(answer.type))
  );
}
