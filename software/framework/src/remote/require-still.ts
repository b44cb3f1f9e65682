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
}

/**
 * Asks again for the right behind a call whose answer is kept: who has lost the right to the model, or the sight of the
 * records, is refused as by the call itself, and does not get the former answer.
 *
 * @throws `access_denied`, `not_found`.
 */
export async function requireStill(env: Environment, { model, ids, name = "" }: AskedAgain): Promise<void> {
  const operation = needed[name] ?? "read";
  if (!gate(env.registry, env.actor).on(model, operation).allowed)
    throw new ExpectedError(
      "access_denied",
      `You may not do this with records of "${model.label}" any more.`,
      {
        hint: "Ask an administrator for the right.",
      },
    );
  if (ids.length > 0 && !removing.has(name)) await env.of(model).read(ids, ["id"]);
}
