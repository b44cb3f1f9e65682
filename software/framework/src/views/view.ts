/** View definitions: data that the browser half draws. Fields the reader may not see are dropped on the server. */

export interface ListColumn {
  readonly field: string;
  readonly label?: string;
  /** `badge` colours a selection; `sentence` gets most of the room; `sum` shows a total under the column. */
  readonly as?: "text" | "sentence" | "badge" | "avatar" | "money" | "email" | "phone" | "tags";
  readonly sum?: boolean;
  /** Hidden below this width of the list, in CSS pixels. */
  readonly minWidth?: number;
}

/** A search that is offered ready made. */
export interface ListFilter {
  readonly name: string;
  readonly label: string;
  readonly domain: readonly (string | readonly [string, string, unknown])[];
}

export interface ListView {
  readonly model: string;
  readonly columns: readonly ListColumn[];
  /** Fields that the search box offers as facets. */
  readonly search: readonly string[];
  readonly filters?: readonly ListFilter[];
  readonly groupBy?: readonly string[];
  /** One sentence for an empty list, and the words on its button. */
  readonly empty: { readonly sentence: string; readonly button?: string };
  /** Offer CSV import. */
  readonly importable?: boolean;
  readonly creatable?: boolean;
}

/** One thing a button wants to know before it runs; sent to its method as a named argument. */
export interface AskField {
  readonly name: string;
  readonly label: string;
  /** Text when absent. */
  readonly type?: "text" | "integer" | "boolean";
  /** A choice: value and label. */
  readonly options?: readonly (readonly [string, string])[];
  readonly required?: boolean;
  /** What stands there first. */
  readonly value?: string;
  readonly help?: string;
}

export interface FormButton {
  readonly method: string;
  /**
   * Which right on the model shows it; `write` when absent. `read` is for methods that ask for something to be done
   * where nobody writes by hand. Only drawn: the method decides what its caller may.
   */
  readonly right?: "read" | "write";
  readonly label: string;
  /** The one next step is highlighted. */
  readonly primary?: boolean;
  /** Shown only when the selection field has one of these values. */
  readonly when?: { readonly field: string; readonly in: readonly string[] };
  /** Shown only when this field has a value too. */
  readonly filled?: string;
  /** Asked before it runs. */
  readonly confirm?: string;
  readonly ask?: readonly AskField[];
}

/** Fields that stand together under a heading. */
export interface FormSection {
  readonly label?: string;
  readonly fields: readonly string[];
}

export interface FormTab {
  readonly label: string;
  readonly fields?: readonly string[];
  /** A one2many edited inline; columns of the target model, totals shown below. */
  readonly lines?: {
    readonly field: string;
    readonly columns: readonly string[];
    readonly totals?: readonly string[];
    /** When the lines can be edited; absent: whenever rights allow it. Only drawn: a rule must hold it. */
    readonly when?: FormButton["when"];
  };
}

export interface FormView {
  readonly model: string;
  readonly title: string;
  /** Selection shown as chips in the status bar. */
  readonly status?: string;
  readonly buttons?: readonly FormButton[];
  readonly sections: readonly FormSection[];
  readonly tabs?: readonly FormTab[];
  /** Fields that can be edited only then. Only drawn: the model's `freezes` hold it. */
  readonly editable?: {
    readonly fields: readonly string[];
    readonly when: NonNullable<FormButton["when"]>;
  };
}

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  /** Key of the menu above; absent for an app in the left rail. */
  readonly parent?: string;
  readonly model?: string;
  /** A page that the server draws, instead of a model: its path on this host. */
  readonly page?: string;
  /** lucide icon name for apps in the rail. */
  readonly icon?: string;
  readonly order: number;
  /** Shown only to those who hold one of these groups; what they may do is decided by rights all the same. */
  readonly groups?: readonly string[];
  readonly domain?: readonly (string | readonly [string, string, unknown])[];
}
