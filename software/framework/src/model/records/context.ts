import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { Actor } from "../../access/actor.ts";
import type { Access, Gate } from "../../access/gate.ts";
import type { AccessOperation } from "../../access/policy.ts";
import type { Statements } from "../../sql/statements.ts";
import type { Environment } from "../environment.ts";
import type { Model } from "../model.ts";
import type { Registry } from "../registry.ts";
import type { Triggers } from "../triggers.ts";
import type { Alone } from "./alone.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** What every verb needs: one actor, one connection, and what the transaction still owes. */
export interface Context {
  readonly env: Environment;
  readonly registry: Registry;
  readonly triggers: Triggers;
  readonly actor: Actor;
  readonly gate: Gate;
  readonly statements: Statements;
  readonly log: Log;
  /** Null outside a transaction: nothing may be changed there. */
  readonly unit: UnitOfWork | null;
  /** Set while a change hopes to be one statement; see {@link Alone}. */
  readonly alone: Alone | null;
  /** Tells who asked of records that are about to go; null where nobody is told. */
  readonly deleting: ((model: Model, ids: readonly number[]) => Promise<void>) | null;
  /** How many x2many commands lie around this verb. */
  readonly depth: number;
  /** The verbs that change records, for those that carry out commands on other records. */
  readonly changes: Changes;
  /** The same transaction, above all rights: for computes and checks. */
  system(reason: string): Context;
}

type RecordValues = Readonly<Record<string, unknown>>;

/** Create, write and unlink as they call each other through x2many commands; wired in data-source.ts. */
export interface Changes {
  create(context: Context, model: Model, values: readonly RecordValues[], fixed?: string): Promise<number[]>;
  write(context: Context, model: Model, change: WriteChange): Promise<void>;
  writeEach(
    context: Context,
    model: Model,
    changes: readonly { readonly id: number; readonly values: RecordValues }[],
    fixed?: string,
  ): Promise<void>;
  unlink(context: Context, model: Model, ids: readonly number[]): Promise<void>;
}

/** The same values for some records. */
export interface WriteChange {
  readonly ids: readonly number[];
  readonly values: RecordValues;
  /** Values that the caller had read: a field that has another one by now is a `conflict` that tells both. */
  readonly expected?: RecordValues | undefined;
  /** A field that our own code sets (the way back of a one2many): no permission is asked. */
  readonly fixed?: string | undefined;
}

/** An access that was granted. */
export type Granted = Extract<Access, { readonly allowed: true }>;

const verbs: Readonly<Record<AccessOperation, string>> = {
  read: "read",
  write: "change",
  create: "create",
  delete: "delete",
};

/** @throws `access_denied` when no right grants the operation on the model. */
export function granted(context: Context, model: Model, operation: AccessOperation): Granted {
  const access = context.gate.on(model, operation);
  if (access.allowed) return access;
  throw new ExpectedError("access_denied", `You may not ${verbs[operation]} records of "${model.label}".`, {
    hint: "Ask an administrator for the right.",
    details: { reason: access.reason, model: model.name },
  });
}

/** The one answer for records that are not there and for those that a rule hides. */
export function notFound(model: Model): ExpectedError {
  return new ExpectedError(
    "not_found",
    `The record of "${model.label}" does not exist or has been deleted.`,
    {
      hint: "Reload the list.",
    },
  );
}

const maxId = 2 ** 31 - 1;

/** Ids as callers give them, without repetitions. @throws `not_found` on a number that no record can have. */
export function distinctIds(model: Model, ids: readonly number[]): number[] {
  mustBeList(ids, "The ids of records");
  for (const id of ids) if (!isId(id)) throw notFound(model);
  return [...new Set(ids)];
}

/** Whether a value could be the number of a record. */
export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= maxId;
}

/** Types end where callers' arguments begin. @throws `invalid` when the value is no list. */
export function mustBeList(value: unknown, what: string): void {
  if (!Array.isArray(value)) throw new ExpectedError("invalid", `${what} come as a list.`);
}

/** @throws `invalid` when the value is no list of texts. */
export function mustBeTexts(value: unknown, what: string): void {
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string"))
    throw new ExpectedError("invalid", `${what} come as a list of texts.`);
}
