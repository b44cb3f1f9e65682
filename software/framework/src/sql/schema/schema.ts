/** The shape of a database as far as models declare it: plain data, comparable, and the source of the digest. */
export interface Schema {
  readonly tables: readonly Table[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
}

/** A table, its columns in their order. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
}

/** A column as PostgreSQL has it. */
export interface Column {
  readonly name: string;
  /** As PostgreSQL prints it: `character varying(256)`, `numeric(20,2)`. */
  readonly type: string;
  readonly required: boolean;
  /** `identity`: numbered by PostgreSQL; else what rows take that do not say. */
  readonly identity?: true;
  /** Of an identity: what its numbering is called, when that does not follow from the names of table and column. */
  readonly sequence?: string;
  readonly default?: string | number | boolean;
}

/** What the database alone can keep. */
export interface Constraint {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** `unique`, a reference to the id of another table, or a condition on each row. */
  readonly kind: "unique" | "reference" | "check";
  readonly target?: string;
  readonly onDelete?: "restrict" | "cascade" | "set null";
  /**
   * Asked at the commit: the actor's rule, which answers for hidden and missing records alike, then always
   * speaks before the reference does.
   */
  readonly deferred?: boolean;
  /** Of a check: SQL text without parameters. Its digest is in the name. */
  readonly condition?: string;
}

/** What makes a search quick. */
export interface Index {
  readonly name: string;
  readonly table: string;
  readonly column: string;
  /** In the order in which people read lists: by their alphabet, then by id. */
  readonly ofOrder?: true;
  /** Of a translated text, in the source language. */
  readonly source?: true;
  /** Of a translated text, in all languages: for whoever looks for one exactly. */
  readonly ofTexts?: true;
  /** What follows the column; see `ruledIndexes`. */
  readonly order?: readonly IndexTerm[];
}

/** A further column of an index. */
export interface IndexTerm {
  readonly column: string;
  /** By the alphabet of people, not the order of bytes. */
  readonly people: boolean;
  readonly descending: boolean;
}
