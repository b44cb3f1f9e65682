import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ApiKeyOptions } from "@holdfast/framework/identity/identity";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host.close());

interface Document {
  readonly paths: Readonly<
    Record<string, { readonly post: { readonly requestBody: { readonly content: object } } }>
  >;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: Record<string, unknown> }>>;
  };
}

async function documentOf(login: string, options: ApiKeyOptions = {}): Promise<Document> {
  const key = await host.tenant.identity.createApiKey(await host.userId(login), "test", options);
  const answer = await fetch(`${host.url}/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Document;
}

test("the document is valid OpenAPI 3.1 for every role, by an independent validator", async () => {
  for (const login of ["admin", "bo", "ann", "cy"]) {
    const validator = new Validator();
    const { valid, errors } = await validator.validate((await documentOf(login)) as never);
    assert.equal(valid, true, `${login}: ${JSON.stringify(errors)?.slice(0, 500)}`);
    assert.equal(validator.version, "3.1");
  }
});

test("it holds what the caller may see and do, and nothing else", async () => {
  const [admin, ann, cy] = await Promise.all(["admin", "ann", "cy"].map((login) => documentOf(login)));
  const text = JSON.stringify(ann);
  assert.doesNotMatch(text, /password_hash|standard_price|access_token|key_hash/);
  assert.ok(ann?.paths["/json/2/sale.order/action_confirm"]);
  assert.equal(ann?.paths["/json/2/ir.config_parameter/search_read"], undefined);
  assert.equal(ann?.paths["/json/2/product.template/write"], undefined);
  assert.ok(admin?.paths["/json/2/ir.config_parameter/search_read"]);
  assert.equal(cy?.components.schemas["sale.order.line"], undefined);
  const narrow = await documentOf("ann", { readOnly: true, models: ["res.partner"] });
  assert.deepEqual(
    Object.keys(narrow.paths).filter((path) => !path.startsWith("/json/2/res.partner/")),
    [],
  );
  for (const verb of ["create", "write", "unlink", "copy", "load", "message_post"])
    assert.equal(narrow.paths[`/json/2/res.partner/${verb}`], undefined, verb);
});

test("every path that it names exists, and every reference leads somewhere", async () => {
  const document = await documentOf("ann");
  const key = await host.key("ann");
  for (const path of Object.keys(document.paths).slice(0, 400)) {
    const answer = await fetch(host.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: '{"no such argument": 1, "ids": []}',
    });
    const text = await answer.text();
    // Some methods want to know again who a person is; a key cannot tell.
    if (answer.status === 403) assert.match(text, /ConfirmationNeeded/, `${path}: ${text}`);
    assert.doesNotMatch(text, /does not exist\./, path);
  }
  for (const [, name = ""] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(document.components.schemas[name], name);
});

test("without a key there is none", async () => {
  const answer = await fetch(`${host.url}/openapi.json`, { headers: { accept: "application/json" } });
  assert.equal(answer.status, 401);
});
