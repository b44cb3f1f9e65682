import { ExpectedError } from "@holdfast/kernel/errors";
import pg from "pg";
import { type Sql, sql } from "./sql.ts";

/** Which kind of constraint a statement broke; the model layer says it in the words of the model. */
export type ViolationKind = "unique" | "reference" | "still-referred" | "missing" | "check" | "range";

/** A row that the schema does not accept. Carries names of the schema, never values or statement text. */
export class ConstraintViolation extends Error {
  override readonly name = "ConstraintViolation";
  readonly kind: ViolationKind;
  readonly table: string;
  readonly column: string;
  readonly constraint: string;

  constructor(kind: ViolationKind, error: pg.DatabaseError) {
    super(`${kind} violated`, { cause: error });
    this.kind = kind;
    this.table = error.table ?? "";
    this.column = error.column ?? "";
    this.constraint = error.constraint ?? "";
  }
}

/** Another transaction was in the way; doing the whole transaction again is right. */
export class SerializationFailure extends Error {
  override readonly name = "SerializationFailure";
}

/** A statement found what it was told to raise an error for, see `raising`, or waited as long as it was told to. */
export class Raised extends Error {
  override readonly name = "Raised";
}

/** `division_by_zero`, what {@link raising} comes to, and `lock_not_available`. */
const raisedStates = new Set(["22012", "55P03"]);

/** A number where the condition is true; an error, and nothing done, where it is false or null. */
export function raising(holds: Sql): Sql {
  return sql`1 / CASE WHEN ${holds} THEN 1 ELSE 0 END`;
}

/** @returns the failure as one of {@link raising}; undefined when it is another one. */
export function raisedBy(error: unknown): Raised | undefined {
  return error instanceof pg.DatabaseError && raisedStates.has(error.code ?? "")
    ? new Raised("raised on purpose", { cause: error })
    : undefined;
}

const violations: Readonly<Record<string, ViolationKind>> = {
  "23505": "unique",
  "23P01": "unique",
  "23502": "missing",
  "23514": "check",
  "22001": "range",
  "22003": "range",
  "22008": "range",
  "22021": "range",
  "22P05": "range",
};
const foreignKeyViolation = "23503";
const serializationFailures = new Set(["40001", "40P01"]);
/** A statement ran, or waited for a lock, longer than it may. */
const tooLong = new Set(["57014", "55P03"]);
/** Classes of SQLSTATE that mean "no server to talk to": connection, resources, operator, entry, database. */
const unavailableStates = /^(08|53|57P|28|3D|25P03)/;
const lostCode =
  /^(ECONN|ENOTFOUND|ENOENT|EAI_|EPIPE|ETIMEDOUT|EHOST|ENET|EACCES|ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;
const lostMessage =
  /^(Connection terminated|timeout exceeded|Client has encountered a connection error|Client was closed|The server does not support SSL)/;

/**
 * What a failed statement means to callers.
 *
 * @param text - the statement, to tell a delete that is refused from a reference to nothing (PostgreSQL
 *   says both with one code).
 * @returns what to throw: a {@link ConstraintViolation}, a {@link SerializationFailure}, an ExpectedError
 *   `unavailable`, or the error itself when it is a defect of ours.
 */
export function failureOf(error: unknown, text: string): unknown {
  if (!(error instanceof pg.DatabaseError)) return isLost(error) ? unavailable(error) : error;
  const state = error.code ?? "";
  if (serializationFailures.has(state)) return new SerializationFailure(state, { cause: error });
  if (state === foreignKeyViolation)
    return new ConstraintViolation(text.startsWith("DELETE") ? "still-referred" : "reference", error);
  const kind = violations[state];
  if (kind !== undefined) return new ConstraintViolation(kind, error);
  if (tooLong.has(state)) return tooSlow(error);
  return unavailableStates.test(state) ? unavailable(error) : error;
}

function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return (typeof code === "string" && lostCode.test(code)) || lostMessage.test(error.message);
}

function unavailable(cause: unknown): ExpectedError {
  return new ExpectedError("unavailable", "the database cannot be reached at the moment", {
    hint: "try again in a moment",
    cause,
  });
}

function tooSlow(cause: unknown): ExpectedError {
  return new ExpectedError("unavailable", "the database needed longer than a request may take", {
    hint: "narrow the search, or change fewer records at once",
    cause,
  });
}
