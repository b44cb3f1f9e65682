import { type Sql, sql } from "../../sql/sql.ts";
import type { Condition } from "../condition.ts";
import type { Check, Model } from "../model.ts";
import { isX2many } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { checksOf, projectChecks } from "./hold-guards.ts";
import { type Place, ruleTerms } from "./where.ts";

/** What a changing statement tells of its own rows, in its RETURNING, of what would be asked in the end. */
export interface HeldAtOnce {
  readonly columns: readonly Sql[];
  /** Remembers the outcome for the end. @param at - where the columns begin in the tuples; each tuple begins with its id. */
  note(tuples: readonly (readonly unknown[])[], at: number): void;
}

const nothing: HeldAtOnce = { columns: [], note: () => undefined };
/** Set by every statement, computes included. */
const stampedLater = ["write_uid", "write_date"];

/**
 * Asks the rule on new values, and the checks, in the changing statement itself, where that is the same as asking
 * in the end: both look at the row's own columns only. A rule or check that looks at other records is asked in the
 * end; so is one whose columns something changes after this, see `UnitOfWork.changedSince`.
 *
 * @param fields - what the statement sets.
 */
export function heldAtOnce(
  context: Context,
  model: Model,
  operation: "write" | "create",
  { fields, place }: { readonly fields: readonly string[]; readonly place: Place },
): HeldAtOnce {
  const { rule } = granted(context, model, operation);
  const checks = checksOf(model, new Set(fields));
  const reads = new Set(checks.flatMap((check) => check.fields));
  const own = rule === null || addOwnColumns(rule, reads);
  if (
    !own ||
    !checks.every((check) => readsPlain(model, check)) ||
    stampedLater.some((name) => reads.has(name))
  )
    return nothing;
  const terms = ruleHolds(rule, place);
  if (terms.length === 0 && checks.length === 0) return nothing;
  const seen = projectChecks(context.system("see what checks look at"), model, { checks, place });
  return {
    columns: [...terms, ...seen.list],
    note(tuples, at) {
      for (const tuple of tuples) {
        const allowed = terms.every((_term, i) => tuple[at + i] === true);
        const record = seen.record(tuple, at + terms.length);
        const held = { env: context.env, operation, reads, checks, allowed, record };
        context.unit?.heldAtOnce(model, tuple[0] as number, held);
      }
    },
  };
}

/**
 * The rule on new values as conditions of the changing statement's own rows.
 *
 * @returns undefined where it looks at other records: then the end is the time to ask.
 */
export function ownRule(
  context: Context,
  model: Model,
  operation: "write" | "create",
  place: Place,
): Sql[] | undefined {
  const { rule } = granted(context, model, operation);
  return rule === null || addOwnColumns(rule, new Set()) ? ruleHolds(rule, place) : undefined;
}

function ruleHolds(rule: Condition | null, place: Place): Sql[] {
  return ruleTerms(rule, place).map((holds) => sql`(${holds}) IS TRUE`);
}

/** Adds the columns of the record itself that a rule reads. @returns false when it reads other records. */
function addOwnColumns(condition: Condition, to: Set<string>): boolean {
  switch (condition.kind) {
    case "constant":
      return true;
    case "every":
    case "some":
      return condition.terms.every((term) => addOwnColumns(term, to));
    case "not":
      return addOwnColumns(condition.term, to);
    case "related":
    case "tree":
      return false;
    default:
      to.add(condition.at.name);
      return true;
  }
}

/** A name of another record, or a collection, can change without this row. */
export function readsPlain(model: Model, check: Check): boolean {
  return check.fields.every((name) => {
    const kind = model.fields[name]?.kind;
    return kind !== undefined && kind !== "many2one" && kind !== "reference" && !isX2many(kind);
  });
}
