import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Actor } from "@holdfast/framework/access/actor";
import type { RecordExplanation } from "@holdfast/framework/model/environment";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { type CompanyHost, companyHost, passwords } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host.close());

/** A call as it comes from a session that was just confirmed: the actor is made anew each time. */
async function call<T = number>(login: string, model: string, method: string, args: unknown[], kwargs = {}) {
  const actor = { ...(await host.actor(login)), confirmedAtMs: Date.now() };
  return dispatch(host.database.data, actor, { model, method, args, kwargs }) as Promise<T>;
}

const modelId = async (name: string) =>
  (await call<number[]>("admin", "ir.model", "search", [[["model", "=", name]]]))[0];
const groupId = async (key: string) =>
  (await call<number[]>("admin", "res.groups", "search", [[["key", "=", key]]]))[0];

/** Adds a row for the time of `work`. */
async function with_(model: string, values: object, work: () => Promise<void>): Promise<void> {
  const id = await call("admin", model, "create", [{ name: "a test", ...values }]);
  try {
    await work();
  } finally {
    await call("admin", model, "unlink", [[id]]);
  }
}

describe("a rule that an administrator adds", () => {
  test("binds everyone at the next request, on another worker too, and is gone when it is deleted", async () => {
    const other = await companyOfSameDatabase();
    const before = await call("bo", "res.partner", "search_count", [[]]);
    assert.equal(await other("bo"), before);
    await with_(
      "ir.rule",
      { model_id: await modelId("res.partner"), domain_force: "is_company" },
      async () => {
        const now = await call("bo", "res.partner", "search_count", [[]]);
        assert.ok(now > 0 && now < before);
        assert.equal(await other("bo"), now);
      },
    );
    assert.equal(await call("bo", "res.partner", "search_count", [[]]), before);
    assert.equal(await other("bo"), before);
  });

  test("binds whoever comes with a session: its check reads what was added with the same statement", async () => {
    const from = { source: "127.0.0.1", userAgent: "test" };
    const { id } = await host.tenant.identity.openSession(await host.userId("bo"), from);
    const counted = async () => {
      const { actor } = (await host.tenant.identity.session(id)) as { readonly actor: Actor };
      return host.tenant.data.reading(actor).model("res.partner").count([]);
    };
    const before = await counted();
    const rule = { model_id: await modelId("res.partner"), domain_force: "is_company" };
    await with_("ir.rule", rule, async () => {
      const now = await counted();
      assert.ok(now > 0 && now < before);
    });
    assert.equal(await counted(), before);
  });

  test("of groups binds their members: of several one has to hold, and declared ones all the same", async () => {
    const model_id = await modelId("res.partner");
    const groups = [[6, 0, [await groupId("sales.manager")]]];
    const before = await call("bo", "res.partner", "search_count", [[]]);
    const ann = await call("ann", "res.partner", "search_count", [[]]);
    await with_("ir.rule", { model_id, groups, domain_force: "is_company" }, async () => {
      const companies = await call("bo", "res.partner", "search_count", [[]]);
      assert.equal(await call("ann", "res.partner", "search_count", [[]]), ann);
      await with_("ir.rule", { model_id, groups, domain_force: "!is_company" }, async () =>
        assert.equal(await call("bo", "res.partner", "search_count", [[]]), before),
      );
      assert.ok(companies < before);
    });
  });

  test("never shows more: `true` for all is nothing", async () => {
    const own = await call("ann", "sale.order", "search_count", [[]]);
    const all = await call("bo", "sale.order", "search_count", [[]]);
    assert.ok(own < all);
    await with_("ir.rule", { model_id: await modelId("sale.order"), domain_force: "true" }, async () =>
      assert.equal(await call("ann", "sale.order", "search_count", [[]]), own),
    );
  });

  test("holds on new values too, and only for what it names", async () => {
    const values = { model_id: await modelId("res.partner"), domain_force: "is_company" };
    const person = await call("bo", "res.partner", "create", [{ name: "A person" }]);
    await with_("ir.rule", { ...values, perm_read: false, perm_unlink: false }, async () => {
      await assert.rejects(call("bo", "res.partner", "create", [{ name: "Nobody" }]), {
        code: "access_denied",
      });
      assert.equal(
        (await call<{ name: string }[]>("bo", "res.partner", "read", [[person], ["name"]]))[0]?.name,
        "A person",
      );
      await assert.rejects(call("bo", "res.partner", "write", [[person], { name: "x" }]), {
        code: "access_denied",
      });
    });
    await call("bo", "res.partner", "unlink", [[person]]);
  });

  test("is refused when it does not fit, speaks of a secret, or of the models of access", async () => {
    const refused = async (model: string, domain_force: string, code = "invalid") =>
      assert.rejects(
        call("admin", "ir.rule", "create", [{ name: "x", model_id: await modelId(model), domain_force }]),
        { code },
        domain_force,
      );
    await refused("res.partner", "nothing == 1");
    await refused("res.partner", "[('id','=',1)]");
    await refused("res.partner", "user_id.password_hash > 'm'");
    await refused("sale.order", "access_token == 'x'");
    await refused("res.partner", "user_id.session_ids.token_hash == 'x'");
    await refused("res.users", "id == 1");
    await refused("ir.rule", "false");
    await refused("hf.session", "false");
    await refused("res.partner", "x".repeat(5_000));
  });

  test("is written by administrators alone", async () => {
    const values = { name: "x", model_id: await modelId("res.partner") };
    for (const login of ["ann", "bo", "cy"]) {
      await assert.rejects(call(login, "ir.rule", "create", [values]), { code: "access_denied" });
      await assert.rejects(call(login, "ir.model.access", "create", [values]), { code: "access_denied" });
      await assert.rejects(call(login, "ir.rule", "search", [[]]), { code: "access_denied" });
    }
  });
});

test("what is added binds sessions and keys alike, at the very next request", async () => {
  const headers = { "content-type": "application/json", origin: host.url };
  const post = async (path: string, cookie: string, params: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, params });
    return fetch(`${host.url}${path}`, { method: "POST", headers: { ...headers, cookie }, body });
  };
  const signedIn = await post("/web/session/authenticate", "", {
    db: "acme",
    login: "bo",
    password: passwords.bo,
  });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const bySession = async (): Promise<number> => {
    const asked = { model: "res.partner", method: "search_count", args: [[]], kwargs: {} };
    return ((await (await post("/web/dataset/call_kw", cookie, asked)).json()) as { result: number }).result;
  };
  const key = await host.key("bo");
  const byKey = async (): Promise<number> => {
    const bearer = { ...headers, authorization: `Bearer ${key}` };
    const url = `${host.url}/json/2/res.partner/search_count`;
    return (
      await fetch(url, { method: "POST", headers: bearer, body: '{"domain":[]}' })
    ).json() as Promise<number>;
  };
  const before = await bySession();
  assert.ok(before > 0);
  for (let round = 0; round < 3; round++)
    await with_("ir.rule", { model_id: await modelId("res.partner"), domain_force: "false" }, async () => {
      assert.deepEqual([await bySession(), await byKey()], [0, 0]);
    });
  assert.deepEqual([await bySession(), await byKey()], [before, before]);
});

describe("a right that an administrator adds", () => {
  test("gives a group what some app gives to some group, and no more", async () => {
    const right = { model_id: await modelId("sale.order"), group_id: await groupId("base.portal") };
    await assert.rejects(call<number[]>("cy", "sale.order", "search", [[]]), { code: "access_denied" });
    await with_("ir.model.access", { ...right, perm_read: true }, async () => {
      // None of the declared rules of groups would show cy an order: the link's own is for link holders.
      const seen = await call("cy", "sale.order", "search_count", [[]]);
      assert.ok(seen <= (await call("bo", "sale.order", "search_count", [[]])));
      await assert.rejects(call("cy", "sale.order", "create", [{}]), { code: "access_denied" });
    });
    await assert.rejects(call<number[]>("cy", "sale.order", "search", [[]]), { code: "access_denied" });
    const beyond = async (model: string, permission: string) =>
      assert.rejects(
        call("admin", "ir.model.access", "create", [
          {
            name: "x",
            model_id: await modelId(model),
            group_id: await groupId("base.user"),
            [permission]: true,
          },
        ]),
        { code: "invalid" },
        `${permission} ${model}`,
      );
    await beyond("mail.mail", "perm_create");
    await beyond("hf.session", "perm_create");
    await beyond("res.users", "perm_write");
    await beyond("ir.rule", "perm_write");
    await beyond("ir.attachment", "perm_read");
  });

  test("is looked at in every statement that was put together before", async () => {
    const right = {
      model_id: await modelId("account.tax"),
      group_id: await groupId("base.portal"),
      perm_read: true,
    };
    for (let round = 0; round < 3; round++) {
      await assert.rejects(call("cy", "account.tax", "search_read", [[], ["name"]]), {
        code: "access_denied",
      });
      await with_("ir.model.access", right, async () =>
        assert.ok(Array.isArray(await call("cy", "account.tax", "search_read", [[], ["name"]]))),
      );
    }
  });
});

describe("export and import", () => {
  test("need rights of their own", async () => {
    const [id] = await call<number[]>("ann", "product.template", "search", [[]], { limit: 1 });
    assert.equal(await call("ann", "product.template", "has_access", [[id], "export"]), false);
    await assert.rejects(
      call<{ datas: unknown[] }>("ann", "product.template", "export_data", [[id], ["name"]]),
      {
        code: "access_denied",
      },
    );
    assert.equal(
      (await call<{ datas: unknown[] }>("bo", "product.template", "export_data", [[id], ["name"]])).datas
        .length,
      1,
    );
    await assert.rejects(call("ann", "product.template", "load", [["name"], [["x"]]]), {
      code: "access_denied",
    });
    const right = { model_id: await modelId("product.template"), group_id: await groupId("base.user") };
    await with_("ir.model.access", { ...right, perm_export: true }, async () =>
      assert.equal(
        (await call<{ datas: unknown[] }>("ann", "product.template", "export_data", [[id], ["name"]])).datas
          .length,
        1,
      ),
    );
  });
});

describe("an administrator asks", () => {
  const explained = (login: string, asked: object) =>
    call<RecordExplanation>(login, "ir.model.access", "explain_record", [], {
      model: "sale.order",
      ...asked,
    });

  test("why somebody may not: the grant, and what each rule says of the record", async () => {
    const [order] = await call<number[]>("bo", "sale.order", "search", [[["user_id.login", "=", "bo"]]], {
      limit: 1,
    });
    const user_id = await host.userId("ann");
    const answer = await explained("bo", { id: order, user_id }).catch((error) => error.code);
    assert.equal(answer, "access_denied", "a sales manager is no administrator");
    await asSalesAdministrator(async () => {
      const write = await explained("admin", { id: order, user_id, operation: "write" });
      assert.deepEqual(
        [write.allowed, write.allowedHere, write.granting.map((group: { key: string }) => group.key)],
        [true, false, ["sales.user"]],
      );
      assert.deepEqual(write.meets, { "sales.order.company": true, "sales.order.own": false });
      const portal = await explained("admin", { id: order, user_id: await host.userId("cy") });
      assert.deepEqual([portal.allowed, portal.allowedHere], [false, false]);
      await with_(
        "ir.rule",
        { model_id: await modelId("sale.order"), domain_force: "state == 'cancel'" },
        async () =>
          assert.equal(
            await explained("admin", { id: order, user_id }).catch((error) => error.code),
            "not_found",
          ),
      );
    });
  });

  test("who can see a record, and gets exactly those who can", async () => {
    const [order] = await call<number[]>("bo", "sale.order", "search", [[["user_id.login", "=", "bo"]]], {
      limit: 1,
    });
    await asSalesAdministrator(async () => {
      const people = await call<{ login: string }[]>("admin", "ir.model.access", "who_can", [], {
        model: "sale.order",
        id: order,
      });
      const seen: string[] = [];
      for (const login of ["admin", "ann", "bo", "cy"])
        if ((await call<number[]>(login, "sale.order", "exists", [[order]]).catch(() => [])).length === 1)
          seen.push(login);
      assert.deepEqual(people.map((one: { login: string }) => one.login).sort(), seen.sort());
      assert.ok(seen.includes("bo") && !seen.includes("ann"));
    });
  });

  test("and is told nothing of records that they cannot see themselves", async () => {
    const [order] = await call<number[]>("bo", "sale.order", "search", [[]], { limit: 1 });
    const [hidden, missing] = await Promise.all(
      [order, 999_999_999].map((id) =>
        explained("admin", { id, user_id: 1 }).catch((error) => error.message),
      ),
    );
    assert.equal(hidden, missing);
    await assert.rejects(
      call<{ login: string }[]>("admin", "ir.model.access", "who_can", [], { model: "hf.nothing", id: 1 }),
      {
        code: "not_found",
      },
    );
  });
});

describe("models and fields", () => {
  test("are listed as existing clients expect, to each what they may see", async () => {
    const named = async (login: string, model: string, field: string) =>
      (
        await call<Record<string, string>[]>(login, model, "search_read", [[], [field]], { limit: 5_000 })
      ).map((row) => row[field]);
    const ann = await named("ann", "ir.model", "model");
    assert.ok(ann.includes("res.partner") && ann.includes("sale.order"));
    assert.ok(!ann.includes("ir.rule") && !ann.includes("hf.login.throttle"));
    assert.ok((await named("admin", "ir.model", "model")).includes("ir.attachment"));
    const fields = await named("ann", "ir.model.fields", "complete_name");
    assert.ok(
      fields.includes("product.template.list_price") && !fields.includes("product.template.standard_price"),
    );
    assert.ok(!fields.some((name) => /password_hash|nonce|access_version/.test(name ?? "")));
    assert.ok(
      (await named("bo", "ir.model.fields", "complete_name")).includes("product.template.standard_price"),
    );
    await assert.rejects(call("admin", "ir.model", "write", [[1], { name: "x" }]), { code: "access_denied" });
    await assert.rejects(call<number[]>("cy", "ir.model", "search", [[]]), { code: "access_denied" });
  });
});

/** An administrator sees no orders by being one. */
async function asSalesAdministrator(work: () => Promise<void>): Promise<void> {
  const write = async (command: number) =>
    call("admin", "res.users", "write", [
      [await host.userId("admin")],
      { groups_id: [[command, await groupId("sales.manager")]] },
    ]);
  await write(4);
  try {
    await work();
  } finally {
    await write(3);
  }
}

/** Another worker: it has an identity, and so memories, of its own. */
async function companyOfSameDatabase() {
  const { identity } = testTenant(host.database, { hasher: quickHasher() });
  return async (login: string) => {
    const actor = await identity.actorOf(await host.userId(login));
    const counting = { model: "res.partner", method: "search_count", args: [[]], kwargs: {} };
    return dispatch(host.database.data, actor as Actor, counting);
  };
}
