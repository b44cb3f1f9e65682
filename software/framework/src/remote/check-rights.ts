import { ExpectedError } from "@holdfast/kernel/errors";
import { gate } from "../access/gate.ts";
import type { RightOperation } from "../access/policy.ts";
import { bad, shown } from "./arguments.ts";
import type { StandardCall } from "./standard-method.ts";

const operations = {
  read: "read",
  write: "write",
  create: "create",
  unlink: "delete",
  export: "export",
  import: "import",
} as const;

/** `check_access_rights`: whether the right exists at all; raises when asked to and it does not. */
export async function check(
  call: StandardCall,
  input: { readonly operation: string; readonly raise_exception?: boolean | undefined },
): Promise<boolean> {
  const { allowed } = gate(call.env.registry, call.env.actor).on(call.model, operationOf(input.operation));
  if (!allowed && input.raise_exception !== false)
    throw new ExpectedError(
      "access_denied",
      `You may not ${input.operation} records of "${call.model.label}".`,
    );
  return allowed;
}

/** `has_access`: whether the operation is allowed on all of these records; never raises. */
export async function hasAccess(call: StandardCall, input: { readonly operation: string }): Promise<boolean> {
  const { env, model, ids } = call;
  const operation = operationOf(input.operation);
  if (!gate(env.registry, env.actor).on(model, operation).allowed) return false;
  const readable = gate(env.registry, env.actor).on(model, "read").allowed
    ? await env.of(model).exists(ids)
    : [];
  return ids.every((id) => readable.includes(id));
}

function operationOf(name: string): RightOperation {
  if (Object.hasOwn(operations, name)) return operations[name as keyof typeof operations];
  throw bad(
    `There is no operation "${shown(name)}": wanted is read, write, create, unlink, export or import.`,
  );
}
