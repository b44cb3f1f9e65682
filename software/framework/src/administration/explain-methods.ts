import type { Actor } from "../access/actor.ts";
import type { RightOperation } from "../access/policy.ts";
import { requireRight } from "../access/require-right.ts";
import { Actors } from "../identity/actors.ts";
import { usersModel } from "../identity/models.ts";
import type { Environment } from "../model/environment.ts";
import { type RemoteMethod, remoteMethod } from "../model/model.ts";
import { input } from "../modules/input.ts";
import { refusal } from "../modules/refusal.ts";

/** Most people that "who can see this" asks about. */
export const maxPeople = 2_000;

const operation = input.enum(["read", "write", "create", "delete", "export", "import"]).default("read");
const record = { model: input.string().max(128), id: input.int().min(1).max(2_147_483_647) };

/** Methods of `ir.model.access` for administrators: those who may add rights. */
export const explainMethods: Readonly<Record<string, RemoteMethod>> = {
  explain_record: remoteMethod({
    label: "Why somebody may or may not",
    on: "model",
    effect: "read",
    input: input.strictObject({ ...record, user_id: input.int().min(1), operation }),
    run: (env, _ids, { model, id, user_id, operation: asked }) =>
      explainFor(env, { model, id, userId: user_id, operation: asked }),
  }),
  who_can: remoteMethod({
    label: "Who can see this",
    on: "model",
    effect: "read",
    input: input.strictObject({ ...record, operation }),
    run: (env, _ids, asked) => whoCan(env, asked),
  }),
};

interface Asked {
  readonly model: string;
  readonly id: number;
  readonly operation: RightOperation;
}

async function explainFor(env: Environment, asked: Asked & { readonly userId: number }): Promise<unknown> {
  const { id, operation: wanted, userId } = asked;
  await mustKnow(env, asked);
  const actor = await new Actors().find(env, [["id", "=", userId]]);
  if (actor === null)
    throw refusal("not_found", "There is no active user of that number.", "Choose another one.");
  return env.system("explain to an administrator who may do what with a record", (system) =>
    system.model(asked.model).explain(id, actor, wanted),
  );
}

async function whoCan(env: Environment, asked: Asked): Promise<unknown> {
  const { id, operation: wanted } = asked;
  await mustKnow(env, asked);
  const actors = await new Actors().findAll(env, [], maxPeople);
  const reaching = await env.system("tell an administrator who reaches a record", (system) =>
    system.model(asked.model).reaching(id, actors, wanted),
  );
  const names = await env
    .of(usersModel)
    .searchRead([["id", "in", reaching.map(userOf)]], ["name", "login"], { order: "name" });
  return names.map(({ id: user, name, login }) => ({ id: user, name, login }));
}

function userOf(actor: Actor): number {
  return actor.userId ?? 0;
}

/** For administrators, and only of records that they can see themselves: a hidden one is not there. */
async function mustKnow(env: Environment, { model, id }: Asked): Promise<void> {
  requireRight(env, env.registry.model("ir.model.access"), "write");
  const [readable] = await env.model(model).exists([id]);
  if (readable === undefined)
    throw refusal("not_found", "The record does not exist or has been deleted.", "Reload the list.");
}
