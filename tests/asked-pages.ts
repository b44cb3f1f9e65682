import { readFileSync } from "node:fs";
import { partnerModel } from "@holdfast/app-base/partner";
import { orderModel } from "@holdfast/app-sales/order";
import { customerOf } from "@holdfast/app-sales/share-link";
import type { Route } from "@holdfast/framework/http/route";
import { createLink, withSignedLinks } from "@holdfast/framework/identity/links";
import type { Environment } from "@holdfast/framework/model/environment";
import { ShredCertificate } from "@holdfast/panel/shred-certificate";
import type { CompanyHost } from "./company-host.ts";
import type { Scene } from "./related-rows.ts";

/** Pages whose statements are not counted here, each with its reason. This list only shrinks. */
export const uncounted: Readonly<Record<string, string>> = {
  "/": "leads to the client; asks nothing",
  "/web": "the client itself: only the session is asked, as on every page of a user",
  "/web/*rest": "the same",
  "/web/events": "stays open; what it asks again is asked by standings, which are counted",
  "/web/login/factor": "shows one sign-in under way, kept by a cookie; leads away without one",
  "/web/login/setup": "the same",
  "/web/oidc/:provider": "asks another server",
  "/web/oidc/:provider/callback": "the same",
  "/outbox/:id": "reads one file; leads to no record",
};

/** One way to ask for a page. */
export interface AskedPage {
  readonly route: string;
  readonly by: "user" | "visitor";
  path(scene: Scene): Promise<string>;
}

const listed = ["docs/routes.txt", "docs/app-routes.txt"];

/** Paths of all pages that there are, by the lists that other tests keep true. */
export function listedPages(): string[] {
  return listed.flatMap((file) => {
    const lines = readFileSync(new URL(`../${file}`, import.meta.url), "utf8").split("\n");
    return lines.flatMap((line) => /^GET\s+(\S+)/.exec(line)?.[1] ?? []);
  });
}

/** Addresses of one route with something behind them; by itself a route is asked as it stands. */
const places: Readonly<Record<string, readonly ((at: Place) => string | Promise<string>)[]>> = {
  "/settings/providers/:id": [({ id }) => `/settings/providers/${id("hf.signin.provider")}`],
  "/contacts/:id/erase": [({ id }) => `/contacts/${id("res.partner")}/erase`],
  "/certificates/:tenant": [certificate],
  "/certificates/:tenant/:file": [async (at) => `${await certificate(at)}/certificate.json`],
  "/web/attachment/:id/:name": [async (at) => `/web/attachment/${await attached(at)}/words.txt`],
  "/web/attachments/:model/:id": [({ id }) => `/web/attachments/res.partner/${id("res.partner")}`],
  "/web/jobs/:id": [ownJob],
  "/web/links/:model/:id": [({ id }) => `/web/links/sale.order/${id("sale.order")}`],
  "/web/log/:model/:id": ["sale.order", "res.partner"].map(
    (model) =>
      ({ id }: Place) =>
        `/web/log/${model}/${id(model)}`,
  ),
  "/web/model/:model": ["sale.order", "res.users", "platform.database"].map(
    (model) => () => `/web/model/${model}`,
  ),
  "/web/export/:model": [
    () => "/web/export/res.partner?fields=name,country_id/code,category_id,child_ids,user_id/login",
    () => "/web/export/sale.order?fields=name,partner_id/name,order_line,currency_id/name",
    () => "/web/export/product.template?fields=name,taxes_id,product_variant_ids,categ_id",
  ],
};

/** Whom a link is for, by its purpose. */
const linked: Readonly<Record<string, string>> = {
  sale_quotation: "sale.order",
  sale_quotation_share: "sale.order",
  unsubscribe: "res.partner",
  "password.reset": "res.users",
  "account.signup": "hf.signin.policy",
};

interface Place {
  readonly host: CompanyHost;
  readonly cookie: string;
  id(model: string): number;
}

/** How each page is asked for that the host has. */
export function askedPages(host: CompanyHost, routes: readonly Route[], cookie: () => string): AskedPage[] {
  return routes
    .filter((route) => route.method === "GET" && uncounted[route.path] === undefined)
    .flatMap((route) => {
      const own =
        route.who === "link"
          ? [(at: Place) => linkOf(at, route)]
          : (places[route.path] ?? [() => route.path]);
      return own.map((path) => ({
        route: route.path,
        by: route.who === "user" ? ("user" as const) : ("visitor" as const),
        path: async ({ anchors }: Scene) =>
          path({ host, cookie: cookie(), id: (model) => anchors.get(model) ?? 0 }),
      }));
    });
}

async function linkOf({ host, id }: Place, { path, linkPurpose = "" }: Route): Promise<string> {
  const model = linked[linkPurpose] ?? "";
  return host.tenant.data.writing(host.database.system(), async (env) => {
    const whom = model === "sale.order" ? await customer(env, id(model)) : { boundTo: "1" };
    const mark = await createLink(env, {
      purpose: linkPurpose,
      model,
      recordId: id(model),
      recipient: "somebody@example.test",
      lifeMinutes: 60,
      maxUses: 0,
      path,
      ...whom,
    });
    const address = await withSignedLinks(host.tenant, env, mark);
    return address.slice(host.tenant.baseUrl.length);
  });
}

/** Whom a quotation is for, as its links name them. */
async function customer(env: Environment, orderId: number) {
  const [order] = await env.of(orderModel).read([orderId], ["partner_id"]);
  const id = order?.partner_id.id ?? 0;
  const recipient = "customer@example.test";
  await env.of(partnerModel).write([id], { email: recipient });
  return { recipient, boundTo: customerOf(id) };
}

async function certificate({ host, id }: Place): Promise<string> {
  const env = host.tenant.data.reading(host.database.system());
  const [row] = await env.of(ShredCertificate).read([id(ShredCertificate.name)], ["tenant_id"]);
  return `/certificates/${row?.tenant_id}`;
}

/** A file that really lies there. */
async function attached({ host, id, cookie }: Place): Promise<number> {
  const answer = await fetch(`${host.url}/web/attachments/res.partner/${id("res.partner")}?name=words.txt`, {
    method: "POST",
    headers: { cookie, origin: host.url, "content-type": "text/plain" },
    body: "words",
  });
  return ((await answer.json()) as { readonly id: number }).id;
}

async function ownJob({ host, id }: Place): Promise<string> {
  const env = host.tenant.data.reading(host.database.system());
  const [job] = await env.model("hf.job").search([["user_id", "=", id("res.users")]], { limit: 1 });
  return `/web/jobs/${job}`;
}
