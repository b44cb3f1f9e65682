import type { GroupKey } from "./actor.ts";

export type AccessOperation = "read" | "write" | "create" | "delete";

/**
 * What a right may give: the four, and the two that move records by the thousand. `export` comes with the
 * rules of reading and needs the right to read; `import` with those of creating and changing, and needs
 * these rights.
 */
export type RightOperation = AccessOperation | "export" | "import";

/** A group of users. Whoever holds it also holds what it implies. */
export interface Group {
  readonly key: GroupKey;
  readonly label: string;
  readonly implies?: readonly GroupKey[];
  /** Members need a second factor, whatever the administrator's settings say. */
  readonly secondFactor?: true;
}

/** One cell of the role matrix. What no right grants is denied. */
export interface AccessRight {
  readonly group: GroupKey;
  readonly model: string;
  readonly allow: readonly RightOperation[];
}

/**
 * A condition that every record must meet, in the expression language, on old and on new values:
 * `user_id == actor.user_id || company_id in actor.company_ids`. Rules without groups are global and
 * are ANDed; rules with groups are ORed among those whose group the actor holds (an actor who holds
 * none of a model's rule groups is bound by the global ones alone).
 */
export interface RecordRule {
  readonly key: string;
  readonly model: string;
  /** Plain words for a person: "Salespeople see their own quotations". */
  readonly label: string;
  readonly groups?: readonly GroupKey[];
  /** All four when absent. */
  readonly operations?: readonly AccessOperation[];
  readonly condition: string;
  /** What a person is told who breaks this rule alone, on a record that they may read: what to do instead. */
  readonly refusal?: string;
}
