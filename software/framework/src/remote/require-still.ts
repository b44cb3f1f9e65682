import { ExpectedError } from "@holdfast/kernel/errors";
import { gate } from "../access/gate.ts";
import type { AccessOperation } from "../access/policy.ts";
import type { Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";

/** The right that a standard method rests on; those that an app declares rest on reading. */
const needed: Readonly<Record<string, AccessOperation>> = {
  create: "create",
  name_create: "create",
  copy: "create",
  write: "write",
  unlink: "delete",
  trash_restore: "delete",
  trash_delete: "delete",
};
/** After them the records are not there any more. */
const removing = new Set(["unlink", "trash_delete"]);

/** A call that was made before and is made again. */
export interface AskedAgain {
  readonly model: Model;
  readonly ids: readonly number[];
  /** Of a method that every model has; undefined for one that an app declares. */
  readonly name: string | undefined;
  /** Its arguments by their names. */
  readonly input: Readonly<Record<string, unknown>>;
  /** What the caller held when it was made first. */
  readonly formerGroups: readonly string[];
}

/**
 * Asks again for the right behind a call whose answer is kept: who has lost the right to the model, to a field that the
 * call names, or the sight of the records, is refused as by the call itself, and does not get the former answer. What a
 * method of an app answers may come from anywhere: there whoever has lost any group since gets nothing.
 *
 * @throws `access_denied`, `not_found`.
 */
export async function requireStill(env: Environment, asked: AskedAgain): Promise<void> {
  const { model, ids, name = "", input, formerGroups } = asked;
  const operation = needed[name] ?? "read";
  const lost = asked.name === undefined && formerGroups.some((group) => !env.actor.groups.has(group));
  if (lost || !mayName(env, model, operation, namedIn(input))) throw lostRight(model);
  if (ids.length > 0 && !removing.has(name)) await env.of(model).read(ids, ["id"]);
}

type Values = Readonly<Record<string, unknown>>;

/** The values that the standard methods take. */
function namedIn({ vals, vals_list, default: given, expected, field_name }: Values): readonly Values[] {
  const named = typeof field_name === "string" ? { [field_name]: null } : undefined;
  return [vals, vals_list, given, expected, named].flat().filter(isValues);
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether all fields that some values name are there for the actor, also in commands on the records behind them. */
function mayName(
  env: Environment,
  model: Model,
  operation: AccessOperation,
  values: readonly Values[],
): boolean {
  const access = gate(env.registry, env.actor).on(model, operation);
  if (!access.allowed) return false;
  return values.every((one) =>
    Object.entries(one).every(([name, value]) => {
      if (!access.fields.has(name)) return false;
      const target = env.registry.models.get(model.fields[name]?.target ?? "");
      if (target === undefined || !Array.isArray(value)) return true;
      return value.every((command) => mayCommand(env, target, command));
    }),
  );
}

/** `[0, _, values]` and `[1, id, values]`; all others name records alone. */
function mayCommand(env: Environment, target: Model, command: unknown): boolean {
  const [kind, , values] = Array.isArray(command) ? (command as unknown[]) : [];
  if (!isValues(values)) return true;
  return mayName(env, target, kind === 0 ? "create" : "write", [values]);
}

function lostRight(model: Model): ExpectedError {
  return new ExpectedError(
    "access_denied",
    `You may not do this with records of "${model.label}" any more.`,
    { hint: "Ask an administrator for the right." },
  );
}
