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
  const ruleFields = ["model_id", "domain_force", "groups"] as const;
  const rightFields = [
    "model_id",
    "group_id",
    "perm_read",
    "perm_write",
    "perm_create",
    "perm_unlink",
  ] as const;
  const added = [
    await env.of(ruleModel).searchRead([], known(ruleModel, ruleFields), { activeOnly: false, order: "id" }),
    await env
      .of(rightModel)
      .searchRead([], known(rightModel, rightFields), { activeOnly: false, order: "id" }),
  ];
  return { actors, users, groups, added };
}

function known(model: Model, names: readonly string[]): never[] {
  return names.filter((name) => Object.hasOwn(model.fields, name)) as never[];
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

/** Records that may go into the trash and come back, by model: some of each person's, some of them there already. */
export type Stock = Readonly<Record<string, readonly number[]>>;

/** Deletions and restorings, and other ways at what was deleted. */
export function trashCalls(stock: Stock): fc.Arbitrary<Climb> {
  const some = fc
    .constantFrom(...Object.keys(stock))
    .chain((model) =>
      fc.tuple(fc.constant(model), fc.subarray([...(stock[model] ?? [])], { minLength: 1, maxLength: 2 })),
    );
  const model = fc.constantFrom(...Object.keys(stock));
  const orders = fc.constantFrom(...(stock["sale.order"] ?? []));
  return fc.oneof(
    { weight: 3, arbitrary: some.map(([name, ids]) => climb(name, "unlink", [ids])) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(some, fc.boolean())
        .map(([[name, ids], leave_out]) => climb(name, "trash_restore", [ids], { leave_out })),
    },
    model.map((name) => climb(name, "trash_read", [[], ["display_name", "user_id", "create_uid"]])),
    fc
      .tuple(model, fc.constantFrom("standard_price", "password_hash", "user_id.password_hash"))
      .map(([name, field]) => climb(name, "trash_read", [[[field, "!=", false]], [field]])),
    fc.tuple(orders, user).map(([one, other]) => climb("sale.order", "write", [[one], { user_id: other }])),
    fc.constant(climb("hf.trash", "search_read", [[], ["content"]])),
    fc.constant(climb("hf.trash", "create", [{ res_model: "res.users", res_id: 1, content: {}, takes: 0 }])),
  );
}

/** What an administrator does all day, and may: rights and rules that are added, groups that are given, deletions. */
function administrationCalls(host: CompanyHost, stock: Stock): fc.Arbitrary<Climb> {
  const models = [...host.database.registry.models.values()];
  const model_id = fc.integer({ min: 1, max: models.length });
  return fc.oneof(
    { weight: 3, arbitrary: trashCalls(stock) },
    rulesCall,
    fc
      .tuple(model_id, group)
      .map(([model, one]) =>
        climb("ir.model.access", "create", [{ name: "x", model_id: model, group_id: one, ...flags }]),
      ),
    fc
      .tuple(model_id, fc.constantFrom("true", "id > 3", "create_uid == actor.user_id"))
      .map(([model, condition]) =>
        climb("ir.rule", "create", [{ name: "x", model_id: model, domain_force: condition }]),
      ),
    usersCall("admin"),
    user.map((user_id) => climb("res.users.apikeys", "create", [{ name: "x", user_id, prefix: "hfk_x" }])),
    user.map((user_id) => climb("hf.session", "create", [{ user_id, token_hash: "x" }])),
    methodCall(models),
    importCall("admin"),
  );
}

/** Calls of several people in one database, an administrator among them, in random order. */
export function mixedCalls(
  host: CompanyHost,
  seed: number,
  stock: Stock,
): (readonly [login: string, Climb])[] {
  const models = [...host.database.registry.models.values()];
  const climber = fc.constantFrom("ann", "bo", "cy");
  const climbers = fc.oneof(
    { weight: 2, arbitrary: fc.tuple(climber, trashCalls(stock)) },
    {
      weight: 2,
      arbitrary: fc.tuple(climber, fc.oneof(rulesCall, anyRecord(models), methodCall(models), mailCall)),
    },
    climber.chain((login) => fc.tuple(fc.constant(login), fc.oneof(usersCall(login), importCall(login)))),
  );
  const admin = fc.tuple(fc.constant("admin"), administrationCalls(host, stock));
  return fc.sample(fc.oneof({ weight: 2, arbitrary: climbers }, { weight: 1, arbitrary: admin }), {
    seed,
    numRuns: 3 * steps,
  });
}
