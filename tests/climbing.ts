import { rightModel, ruleModel } from "@holdfast/framework/administration/models";
import { groupsModel, usersModel } from "@holdfast/framework/identity/models";
import type { Model } from "@holdfast/framework/model/model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import fc from "fast-check";
import type { CompanyHost } from "./company-host.ts";

/** One call, as any door would bring it. */
export interface Climb {
  readonly model: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Calls of one walk. */
const steps = 20;
const logins = ["admin", "ann", "bo", "cy"];
const id = fc.integer({ min: 1, max: 12 });
/** The users of the test company and its few groups: numbers that are there, so that a hole would open. */
const user = fc.integer({ min: 1, max: 4 });
const group = fc.integer({ min: 1, max: 8 });
const link = fc.oneof(
  group.map((one) => [[4, one]]),
  fc.uniqueArray(group, { minLength: 1, maxLength: 4 }).map((some) => [[6, 0, some]]),
);

/** All that decides what each user may do: groups, companies, the person they are, what is added. */
export async function footprints(host: CompanyHost): Promise<unknown> {
  const actors = [];
  for (const login of logins) {
    const { groups, companyIds, partnerId, kind, scope } = await host.actor(login);
    actors.push([login, kind, [...groups].sort(), [...companyIds].sort(), partnerId, scope ?? null]);
  }
  const { data, system } = host.database;
  const env = data.reading(system());
  const users = await env.of(usersModel).searchRead([], ["login", "groups_id", "password_hash"], {
    activeOnly: false,
    order: "id",
  });
  const groups = await env.of(groupsModel).searchRead([], ["key"], { order: "id" });
  const added = [await env.of(ruleModel).count([]), await env.of(rightModel).count([])];
  return { actors, users, groups, added };
}

/** @returns how many of the calls were answered; the others were refused, as an ExpectedError. */
export async function walk(host: CompanyHost, login: string, calls: readonly Climb[]): Promise<number> {
  let answered = 0;
  for (const call of calls) {
    try {
      // As somebody who has just given their password: no confirmation stands in the way of a climb.
      const actor = { ...(await host.actor(login)), confirmedAtMs: Date.now() };
      await dispatch(host.database.data, actor, call);
      answered += 1;
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
    }
  }
  return answered;
}

/** Twenty calls that somebody tries who wants to become more than they are. */
export function climbersCalls(host: CompanyHost, seed: number, login: string): Climb[] {
  const models = [...host.database.registry.models.values()];
  const call = fc.oneof(
    ...[
      usersCall(login),
      rulesCall,
      importCall(login),
      anyRecord(models),
      throughRelations(models),
      methodCall(models),
    ],
    { weight: 1, arbitrary: mailCall },
  );
  return fc.sample(call, { seed, numRuns: steps });
}

function climb(
  model: string,
  method: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>> = {},
): Climb {
  return { model, method, args, kwargs };
}

const userValues = fc.oneof(
  { weight: 3, arbitrary: link.map((groups_id) => ({ groups_id })) },
  link.map((company_ids) => ({ company_ids })),
  id.map((company_id) => ({ company_id })),
  id.map((partner_id) => ({ partner_id })),
  fc.constant({ login: "admin" }),
  fc.constant({ password_hash: "x", access_version_id: 9, credential_version: 0 }),
  link.map((groups_id) => ({ session_ids: [[0, 0, { token_hash: "x" }]], groups_id })),
);

function usersCall(login: string): fc.Arbitrary<Climb> {
  return fc.oneof(
    fc.tuple(user, userValues).map(([one, values]) => climb("res.users", "write", [[one], values])),
    userValues.map((values) =>
      climb("res.users", "create", [{ name: login, login: `${login}2`, ...values }]),
    ),
    user.map((one) => climb("res.users", "copy", [one])),
    id.map((one) => climb("res.groups", "write", [[one], { key: "base.admin", name: "x" }])),
    fc.constant(climb("res.groups", "create", [{ key: "base.admin", name: "x" }])),
    fc.constant(climb("res.groups", "name_create", ["base.admin"])),
  );
}

const flags = { perm_read: true, perm_write: true, perm_create: true, perm_unlink: true };
const rulesCall: fc.Arbitrary<Climb> = fc.oneof(
  fc
    .tuple(id, id)
    .map(([model_id, group_id]) =>
      climb("ir.model.access", "create", [{ name: "x", model_id, group_id, perm_export: true }]),
    ),
  fc
    .tuple(id, id)
    .map(([model_id, group_id]) =>
      climb("ir.model.access", "create", [{ name: "x", model_id: model_id + 20, group_id, ...flags }]),
    ),
  id.map((model_id) => climb("ir.rule", "create", [{ name: "x", model_id, domain_force: "true" }])),
  id.map((one) => climb("ir.rule", "unlink", [[one]])),
  id.map((one) => climb("ir.model", "write", [[one], { model: "res.users" }])),
  fc
    .constantFrom("hf.session", "hf.link", "res.users.apikeys", "ir.model.data", "ir.config_parameter")
    .chain((model) =>
      id.map((user_id) =>
        climb(model, "create", [{ name: "x", user_id, token_hash: "x", key: "k", value: "v" }]),
      ),
    ),
);

/** Columns of users and groups, by number, by name and by external identifier. */
function importCall(login: string): fc.Arbitrary<Climb> {
  const groups = fc.constantFrom("Administrator", "Sales: all quotations", "Administrator,Internal user");
  return fc.oneof(
    fc
      .tuple(user, groups)
      .map(([one, names]) => climb("res.users", "load", [[".id", "groups_id"], [[String(one), names]]])),
    groups.map((names) =>
      climb("res.users", "load", [["login", "name", "groups_id"], [[`${login}3`, "x", names]]]),
    ),
    groups.map((names) => climb("res.partner", "load", [["name", "user_id/groups_id"], [["x", names]]])),
    fc.constant(climb("res.partner", "load", [["name", "user_id"], [["x", "Ada Admin"]]])),
    fc.constant(
      climb("ir.model.access", "load", [["name", "model_id", "group_id"], [["x", "User", "Internal user"]]]),
    ),
  );
}

/** Ordinary work with any model, and contexts that ask for more. */
function anyRecord(models: readonly Model[]): fc.Arbitrary<Climb> {
  const model = fc.constantFrom(...models.map(({ name }) => name));
  const wide = fc.constantFrom({}, { context: { allowed_company_ids: [1, 2, 3], su: true, uid: 1 } });
  return fc.oneof(
    fc
      .tuple(model, wide)
      .map(([name, kwargs]) => climb(name, "search_read", [[], ["display_name"], 0, 3], kwargs)),
    fc.tuple(model, id).map(([name, one]) => climb(name, "copy", [one])),
    fc
      .tuple(model, id, id)
      .map(([name, one, other]) =>
        climb(name, "write", [
          [one],
          { name: "x", user_id: other, company_id: other, create_uid: 1, id: other },
        ]),
      ),
    model.map((name) => climb(name, "create", [{ name: "x", create_uid: 1 }])),
  );
}

/** A change of a user behind a relation of something else. */
function throughRelations(models: readonly Model[]): fc.Arbitrary<Climb> {
  const paths = models.flatMap((model) =>
    Object.entries(model.fields)
      .filter(([, field]) => field.kind === "one2many" || field.kind === "many2many")
      .map(([name]) => ({ model: model.name, name })),
  );
  return fc
    .tuple(fc.constantFrom(...paths), id, user, userValues)
    .map(([{ model, name }, one, other, values]) =>
      climb(model, "write", [
        [one],
        {
          [name]: [
            [1, other, values],
            [0, 0, { name: "x", ...values }],
          ],
        },
      ]),
    );
}

/** Every method that an app declares, with the least that it takes. */
function methodCall(models: readonly Model[]): fc.Arbitrary<Climb> {
  const methods = models.flatMap((model) =>
    Object.entries(model.methods ?? {}).map(([name, { on }]) => ({ model: model.name, name, on })),
  );
  return fc
    .tuple(fc.constantFrom(...methods), id)
    .map(([{ model, name, on }, one]) => climb(model, name, on === "records" ? [[one]] : []));
}

const mailCall: fc.Arbitrary<Climb> = fc.oneof(
  id.map((one) => climb("res.partner", "message_post", [[one]], { body: "{{ user.groups_id }}" })),
  id.map((author_id) =>
    climb("mail.message", "create", [{ body: "x", author_id, model: "res.users", res_id: 1 }]),
  ),
  fc.constant(climb("mail.mail", "create", [{ email_to: "x@y.example", body_html: "x" }])),
);
