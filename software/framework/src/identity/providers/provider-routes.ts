import { ExpectedError } from "@holdfast/kernel/errors";
import { redirectReply } from "../../http/reply.ts";
import type { Reply, Route, RouteRequest } from "../../http/route.ts";
import type { Environment } from "../../model/environment.ts";
import { testDirectory } from "../ldap/directory-person.ts";
import { groupsModel } from "../models.ts";
import { failureNotice, type Notice } from "../notice.ts";
import { discovered } from "../oidc/oidc-client.ts";
import { providersModel } from "./models.ts";
import { type Provider, providerOf, reachedFrom, secretOf } from "./provider.ts";
import { mappingText, providerSwitches, removeProvider, saveProvider } from "./provider-form.ts";
import { providerPage, providersPage, type ShownProvider } from "./provider-page.ts";

const path = "/settings/providers";
const page = { method: "GET", who: "user", csrf: "none", body: "none", bodyLimitBytes: 0 } as const;
const form = {
  method: "POST",
  who: "user",
  csrf: "token",
  body: "form",
  bodyLimitBytes: 131_072,
  recent: true,
} as const;

/** Where the administrator says who else may vouch for people; every change asks for recent confirmation. */
export const providerRoutes: readonly Route[] = [
  { ...page, path, summary: "Sign-in providers of this database.", handle: forAdministrators(list) },
  {
    ...page,
    path: `${path}/:id`,
    recent: true,
    summary: "One sign-in provider, or a new one.",
    handle: forAdministrators((request) => show(request)),
  },
  { ...form, path: `${path}/:id`, summary: "Saves a sign-in provider.", handle: forAdministrators(save) },
  {
    ...form,
    path: `${path}/:id/test`,
    summary: "Asks a sign-in provider now.",
    handle: forAdministrators(ask),
  },
  {
    ...form,
    path: `${path}/:id/remove`,
    summary: "Removes a sign-in provider; its users are signed out.",
    handle: forAdministrators(remove),
  },
];

/** For everybody else these pages do not exist. */
function forAdministrators(handle: Route["handle"]): Route["handle"] {
  return async (request) => {
    if (!request.actor.groups.has("base.admin"))
      throw new ExpectedError("not_found", "There is no such page.");
    return handle(request);
  };
}

async function list(request: RouteRequest): Promise<Reply> {
  const all = await request
    .reading()
    .of(providersModel)
    .searchRead([], ["name", "kind", "active"], { activeOnly: false });
  return providersPage(request, all);
}

async function show(request: RouteRequest, notice?: Notice): Promise<Reply> {
  const provider = await here(request);
  const kind = provider?.kind ?? (request.url.searchParams.get("kind") === "ldap" ? "ldap" : "oidc");
  return providerPage(request, await shownOf(request.reading(), provider, kind), notice);
}

async function save(request: RouteRequest): Promise<Reply> {
  const provider = await here(request);
  const sent = request.form;
  try {
    const key = request.tenant.key("factors.v1");
    const mayBePrivate = request.tenant.privateNetworks === true;
    const id = await request.writing((env) =>
      saveProvider(env, key, { id: provider?.id, form: sent, mayBePrivate }),
    );
    return redirectReply(`${path}/${id}`);
  } catch (error) {
    const notice = failureNotice(error, "invalid");
    const kind = provider?.kind ?? (sent["kind"] === "ldap" ? "ldap" : "oidc");
    const shown = await shownOf(request.reading(), provider, kind);
    const on = new Set(providerSwitches.map(([name]) => name).filter((name) => sent[name] === "yes"));
    return providerPage(request, { ...shown, values: sent, on }, notice);
  }
}

/** What is wrong is told whole: the administrator is to mend it. */
async function ask(request: RouteRequest): Promise<Reply> {
  const provider = await here(request);
  if (provider === undefined) throw new ExpectedError("not_found", "There is no such page.");
  try {
    const secret = secretOf(request.tenant.key("factors.v1"), provider);
    const reached = reachedFrom(request.tenant, provider);
    const text =
      provider.kind === "ldap"
        ? `The directory answers; the search finds ${await testDirectory(reached, secret)} users.`
        : `The provider answers as ${(await discovered(reached, secret)).serverMetadata().issuer}.`;
    return await show(request, { kind: "success", text });
  } catch (error) {
    const notice = failureNotice(error, "invalid", "unavailable", "access_denied");
    return show(request, { ...notice, text: `${notice.text}${reasonOf(error)}` });
  }
}

async function remove(request: RouteRequest): Promise<Reply> {
  const provider = await here(request);
  if (provider !== undefined) await request.writing((env) => removeProvider(env, provider.id));
  return redirectReply(path);
}

async function here(request: RouteRequest): Promise<Provider | undefined> {
  const { id } = request.params;
  if (id === "new") return undefined;
  const provider = await providerOf(request.reading(), Number(id));
  if (provider === undefined) throw new ExpectedError("not_found", "There is no such page.");
  return provider;
}

async function shownOf(
  env: Environment,
  provider: Provider | undefined,
  kind: Provider["kind"],
): Promise<ShownProvider> {
  const all = await env.of(groupsModel).searchRead([], ["name", "key"], { limit: 1_000 });
  const groups = all.filter(({ key }) => !key.startsWith("link.") && key !== "base.public");
  if (provider === undefined) {
    const first = groups.find(({ key }) => key === "base.user")?.id ?? "";
    const values = {
      default_group_id: String(first),
      ...(kind === "ldap" ? { login_attribute: "uid" } : {}),
    };
    return { id: undefined, kind, values, on: new Set(["active"]), groups, hasSecret: false };
  }
  const texts = [
    "name",
    "url",
    "client_id",
    "ca_pem",
    "base_dn",
    "user_filter",
    "login_attribute",
    "group_attribute",
  ];
  const values = Object.fromEntries(
    texts.map((name) => [name, String(provider[name as keyof Provider] ?? "")]),
  );
  return {
    id: provider.id,
    kind,
    values: {
      ...values,
      default_group_id: String(provider.default_group_id?.id ?? ""),
      groups: await mappingText(env, provider.id),
    },
    on: new Set(providerSwitches.map(([name]) => name).filter((name) => provider[name])),
    groups,
    hasSecret: provider.secret_sealed !== null,
  };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const text = cause instanceof Error ? cause.message : "";
  return text === "" ? "" : ` (${text.slice(0, 200)})`;
}
