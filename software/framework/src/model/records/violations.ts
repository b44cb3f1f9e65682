import { ExpectedError } from "@holdfast/kernel/errors";
import type { Gate } from "../../access/gate.ts";
import { ConstraintViolation } from "../../sql/failures.ts";
import type { Statements } from "../../sql/statements.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { Registry } from "../registry.ts";
import { constraintName, isStored, pairTableOf, shortName, tableOf } from "../storage.ts";
import { missingReference, seesField, stillReferred } from "./guard-errors.ts";

/** By whose eyes a broken constraint is told: models and fields that they may not read are not named. */
interface Listener {
  readonly registry: Registry;
  readonly gate: Pick<Gate, "on">;
}

/** Statements whose broken constraints come out in the words of the models. */
export function speaking(statements: Statements, listener: Listener): Statements {
  const told = (error: unknown): never => {
    throw error instanceof ConstraintViolation ? inWords(error, listener) : error;
  };
  return {
    rows: (statement) => statements.rows<never>(statement).catch(told),
    tuples: (statement) => statements.tuples(statement).catch(told),
    texts: (statement) => statements.texts(statement).catch(told),
  };
}

/** A broken constraint in the words of the models; also when it is found at the commit. */
export function inWords(violation: ConstraintViolation, { registry, gate }: Listener): Error {
  const own = ownConstraint(registry, violation);
  if (own !== undefined) return own;
  const place = placeOf(registry, violation);
  if (place === undefined) return violation.kind === "range" ? unfit("the request", violation) : violation;
  const { model, name } = place;
  const isSeen = seesField(gate, model, name);
  const field = isSeen ? place.field : undefined;
  const about = { model: model.name, fields: isSeen ? [name] : [] };
  switch (violation.kind) {
    case "unique":
      return new ExpectedError(
        "conflict",
        `Another record of "${model.label}" has the same ${labelOf(field)} already.`,
        {
          hint: "Choose another value, or change the other record.",
          about,
          cause: violation,
        },
      );
    case "reference":
      return place.field === undefined
        ? violation
        : missingReference(model, place.field, { name, cause: violation });
    case "still-referred":
      return stillReferred(field && { model, label: field.label }, violation);
    case "missing":
      return new ExpectedError("invalid", `${labelOf(field)} of "${model.label}" is required.`, {
        cause: violation,
        about,
      });
    default:
      return unfit(`"${model.label}"`, violation);
  }
}

/** A constraint that a model declares with a sentence of its own. */
function ownConstraint(registry: Registry, violation: ConstraintViolation): ExpectedError | undefined {
  for (const model of registry.models.values()) {
    if (tableOf(model) !== violation.table) continue;
    const found = model.constraints?.find((one) => constraintName(model, one) === violation.constraint);
    if (found === undefined) return undefined;
    return new ExpectedError("unique" in found ? "conflict" : "invalid", found.message, { cause: violation });
  }
  return undefined;
}

function unfit(where: string, cause: ConstraintViolation): ExpectedError {
  return new ExpectedError("invalid", `A value in ${where} is one that the database cannot hold.`, { cause });
}

interface Broken {
  readonly model: Model;
  readonly name: string;
  readonly field: Field | undefined;
}

/** The model and field behind a table and a constraint; a table of pairs is a field of its own. */
function placeOf(registry: Registry, { table, column, constraint }: ConstraintViolation): Broken | undefined {
  for (const model of registry.models.values()) {
    const fields = Object.entries(model.fields);
    if (tableOf(model) === table) {
      const named = (name: string) =>
        name === column ||
        ["key", "fkey"].some((kind) => shortName(`${table}_${name}_${kind}`) === constraint);
      const [name, field] = fields.find(([one, declared]) => isStored(declared) && named(one)) ?? [
        "",
        undefined,
      ];
      return { model, name, field };
    }
    const pair = fields.find(
      ([one, field]) => field.kind === "many2many" && pairTableOf(model, one) === table,
    );
    if (pair !== undefined) return { model, name: pair[0], field: pair[1] };
  }
  return undefined;
}

function labelOf(field: Field | undefined): string {
  return field === undefined ? "a field" : `"${field.label}"`;
}
