import { ExpectedError } from "@holdfast/kernel/errors";
import type { z } from "zod";
import type { Actor } from "../access/actor.ts";
import { beyondScope } from "../access/key-scope.ts";
import { requireRecentConfirmation } from "../identity/recent-confirmation.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Model, RemoteMethod } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { bad, namedArguments, readIds, readObject, shown } from "./arguments.ts";
import { type CallContext, narrowedActor, type RemoteCall, readContext } from "./call.ts";
import { callOnce } from "./call-once.ts";
import { requireStill } from "./require-still.ts";
import type { OwnMethod, StandardMethod } from "./standard-method.ts";
import { standardMethod } from "./standard-methods.ts";

/** Marks the answer to a call of what does not exist, for the doors that have a form of their own for it. */
export const noSuchMethod = "no such method";

interface Prepared {
  readonly context: CallContext;
  readonly ids: readonly number[];
  readonly single: boolean;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/**
 * Answers a remote call. All doors end here: only methods that an app declares and those that every model has
 * exist; arguments are validated before anything runs; every record that is touched passes the actor's rights.
 *
 * @throws ExpectedError: `not_found` for models, methods and records that are not there or not for this actor.
 * Source: claims RPC-1, OWASP-5.
 */
export async function dispatch(data: DataSource, actor: Actor, call: RemoteCall): Promise<unknown> {
  const model = findModel(data.registry, call.model);
  const method = findMethod(model, call.method);
  const prepared = prepare(method, call);
  refuseBeyondKey(actor, model, method.effect);
  const narrowed = narrowedActor(actor, prepared.context);
  const env = data.reading(narrowed);
  if ("recent" in method && method.recent === true) requireRecentConfirmation(narrowed, env.clock.now());
  const { onceKey } = prepared.context;
  if (method.effect === "own") {
    if (onceKey !== undefined) throw bad(`"${shown(call.method)}" takes no idempotency key.`);
    return method.run({ data, actor: narrowed, model }, inputOf(method, prepared) as never);
  }
  const run = bound(model, method, prepared);
  if (method.effect === "read") return run(env);
  if (onceKey === undefined)
    return data.writing(narrowed, run, { oneVerb: "oneVerb" in method && method.oneVerb === true });
  if (answersSecret(method))
    throw bad(
      `"${shown(call.method)}" takes no idempotency key: its answer may be a secret, which is kept nowhere.`,
    );
  const { args, kwargs, ids } = prepared;
  const keyed = { key: onceKey, name: `${model.name}.${String(call.method)}`, given: [ids, args, kwargs] };
  const input = inputOf(method, prepared) as Readonly<Record<string, unknown>>;
  const asked = { model, ids, name: "label" in method ? undefined : String(call.method), input };
  return callOnce(data, narrowed, keyed, {
    run,
    mayStill: (again, formerGroups) => requireStill(again, { ...asked, formerGroups }),
  });
}

/**
 * For whoever keeps answers: a method that may answer with a secret is not called.
 *
 * @throws `bad_request`; `not_found` for what does not exist.
 */
export function refuseSecretAnswer(registry: Registry, { model, method }: RemoteCall): void {
  if (answersSecret(findMethod(findModel(registry, model), method)))
    throw bad(
      `"${shown(method)}" is called at once only: its answer may be a secret, which is kept nowhere.`,
    );
}

function answersSecret(method: RemoteMethod | StandardMethod | OwnMethod): boolean {
  return "answersSecret" in method && method.answersSecret === true;
}

/** Methods may work in scopes above their caller's rights: what a key does not reach is refused before they run. */
function refuseBeyondKey(actor: Actor, model: Model, effect: "read" | "write" | "own"): void {
  const beyond = beyondScope(actor.scope, model, effect === "read" ? "read" : "write");
  if (beyond === undefined) return;
  throw new ExpectedError("access_denied", `You may not do this: ${beyond}.`, {
    hint: "Make a key that reaches further.",
  });
}

function findModel(registry: Registry, name: unknown): Model {
  const model = typeof name === "string" ? registry.models.get(name) : undefined;
  if (model === undefined)
    throw new ExpectedError("not_found", `There is no model "${shown(name)}".`, missing);
  return model;
}

/** What an app declares goes before what every model has. Nothing is looked up through a prototype. */
function findMethod(model: Model, name: unknown): RemoteMethod | StandardMethod | OwnMethod {
  const declared =
    typeof name === "string" && Object.hasOwn(model.methods ?? {}, name) ? model.methods?.[name] : undefined;
  const method = declared ?? (typeof name === "string" ? standardMethod(model, name) : undefined);
  if (method === undefined)
    throw new ExpectedError(
      "not_found",
      `The method "${model.name}.${shown(name)}" does not exist.`,
      missing,
    );
  return method;
}

const missing = { details: { kind: noSuchMethod } };

function prepare(method: Pick<StandardMethod, "on">, call: RemoteCall): Prepared {
  const args = Array.isArray(call.args) ? call.args : readArguments(call.args);
  const { context, ...kwargs } = readObject(call.kwargs ?? {}, "named arguments");
  const read = readContext(context);
  if (method.on === "model") return { context: read, ids: [], single: false, args, kwargs };
  if (Object.hasOwn(kwargs, "ids")) {
    const { ids, ...rest } = kwargs;
    return { context: read, ids: readIds(ids), single: typeof ids === "number", args, kwargs: rest };
  }
  const [ids, ...rest] = args;
  return { context: read, ids: readIds(ids), single: typeof ids === "number", args: rest, kwargs };
}

/** Some clients leave the arguments out. */
function readArguments(args: unknown): readonly unknown[] {
  if (args === undefined || args === null) return [];
  throw new ExpectedError("bad_request", "The arguments are not a list.");
}

function bound(
  model: Model,
  method: RemoteMethod | StandardMethod,
  prepared: Prepared,
): (env: Environment) => Promise<unknown> {
  const input = inputOf(method, prepared) as never;
  const { context, ids, single } = prepared;
  if ("label" in method) return async (env) => (await method.run(env, ids, input)) ?? true;
  return (env) => method.run({ env, model, context, ids, single }, input);
}

function inputOf({ input }: { readonly input: z.ZodType }, { args, kwargs }: Prepared): unknown {
  return namedArguments(input as z.ZodObject, args, kwargs);
}
