import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField, tenantPage } from "../../http/page.ts";
import type { Reply, RouteRequest } from "../../http/route.ts";
import { type Notice, noticeOf } from "../notice.ts";
import { providerSwitches } from "./provider-form.ts";

/** What the form shows: as stored, or as sent when something was wrong with it. */
export interface ShownProvider {
  readonly id: number | undefined;
  readonly kind: "oidc" | "ldap";
  readonly values: Readonly<Record<string, string>>;
  readonly on: ReadonlySet<string>;
  readonly groups: readonly { readonly id: number; readonly name: string; readonly key: string }[];
  readonly hasSecret: boolean;
}

/** All providers of the database, and a way to add one. */
export function providersPage(
  request: RouteRequest,
  providers: readonly {
    readonly id: number;
    readonly name: string;
    readonly kind: string;
    readonly active: boolean;
  }[],
): Reply {
  const rows = providers.map(
    (one) => html`<li><div><strong><a href="/settings/providers/${one.id}">${one.name}</a></strong>
<p class="lead">${one.kind === "oidc" ? "OpenID Connect" : "LDAP directory"}</p></div>
<span class="badge${one.active ? " success" : ""}">${one.active ? "In use" : "Not in use"}</span></li>`,
  );
  return tenantPage(request, {
    title: "Sign-in providers",
    main: html`<div class="stack"><h1>Sign-in providers</h1>
<p class="lead">Let people sign in with the account of your organization. <a href="/web">Back to work</a></p>
<section class="card stack">
${rows.length === 0 ? html`<p class="lead">There is none: everybody signs in with a password or passkey of here.</p>` : html`<ul class="rows">${rows}</ul>`}
<div class="actions"><a class="button primary" href="/settings/providers/new?kind=oidc">Add an OpenID provider</a>
<a class="button" href="/settings/providers/new?kind=ldap">Add an LDAP directory</a></div></section></div>`,
  });
}

/** One provider: everything on one form; below it the test and the removal. */
export function providerPage(request: RouteRequest, shown: ShownProvider, notice?: Notice): Reply {
  const csrf = csrfField(request.csrfToken());
  const here = `/settings/providers/${shown.id ?? "new"}`;
  const title = shown.id === undefined ? "New sign-in provider" : (shown.values["name"] ?? "");
  return tenantPage(request, {
    title,
    status: notice?.kind === "danger" ? 422 : 200,
    main: html`<div class="stack"><h1>${title}</h1>
<p class="lead"><a href="/settings/providers">All providers</a></p>
${noticeOf(notice)}
<form method="post" action="${here}" class="card stack">${csrf}
<input type="hidden" name="kind" value="${shown.kind}">
${shown.kind === "oidc" ? oidcFields(request, shown) : ldapFields(shown)}
${commonFields(shown)}
<div class="actions"><button class="button primary" type="submit">Save</button></div></form>
${shown.id === undefined ? "" : below(here, csrf)}
</div>`,
  });
}

function oidcFields({ tenant }: RouteRequest, shown: ShownProvider): Html {
  const back =
    shown.id === undefined ? "shown after saving" : `${tenant.baseUrl}/web/oidc/${shown.id}/callback`;
  return html`${field(shown, "name", { label: "Name, as on the sign-in page" })}
${field(shown, "url", { label: "Address of the provider", hint: "Its issuer, as https://login.example.com; all else is found from there." })}
${field(shown, "client_id", { label: "Client id" })}
${secretField("Client secret", shown)}
<p class="lead">Address to allow at the provider for coming back: <code>${back}</code></p>
${field(shown, "group_attribute", { label: "Claim that lists groups", optional: true })}`;
}

function ldapFields(shown: ShownProvider): Html {
  return html`${field(shown, "name", { label: "Name" })}
${field(shown, "url", { label: "Address of the directory", hint: "ldaps://…, or ldap://… which must then speak StartTLS. Nothing goes over the line in clear." })}
${field(shown, "client_id", { label: "Name that may search", hint: "cn=service,dc=example,dc=com" })}
${secretField("Its password", shown)}
${field(shown, "base_dn", { label: "Where users are", hint: "ou=people,dc=example,dc=com" })}
${field(shown, "login_attribute", { label: "Attribute with the login", hint: "uid; sAMAccountName in Active Directory", optional: true })}
${field(shown, "user_filter", { label: "Condition on users", hint: "(objectClass=person)", optional: true })}
${field(shown, "group_attribute", { label: "Attribute that lists groups", hint: "memberOf", optional: true })}`;
}

function commonFields(shown: ShownProvider): Html {
  const chosen = shown.values["default_group_id"] ?? "";
  const options = shown.groups.map(({ id, name }) =>
    String(id) === chosen
      ? html`<option value="${id}" selected>${name}</option>`
      : html`<option value="${id}">${name}</option>`,
  );
  const switches = providerSwitches.map(
    ([name, label]) =>
      html`<p><label class="check">${
        shown.on.has(name)
          ? html`<input type="checkbox" name="${name}" value="yes" checked>`
          : html`<input type="checkbox" name="${name}" value="yes">`
      } <span>${label}</span></label></p>${name === "link_by_mail" ? linkingWarning(shown.kind) : ""}`,
  );
  return html`<div class="field"><label for="groups">Groups there and here</label>
<textarea id="groups" name="groups" rows="3" aria-describedby="groups-hint">${shown.values["groups"] ?? ""}</textarea>
<p class="hint" id="groups-hint">One a line: group there = key of the group here, such as sales = sales.user. Given at each sign-in, and taken away again.</p></div>
<div class="field"><label for="default_group_id">Group of new users</label>
<select id="default_group_id" name="default_group_id"><option value="">None</option>${options}</select></div>
<div class="field"><label for="ca_pem">Certificate of a private authority</label>
<textarea id="ca_pem" name="ca_pem" rows="3" spellcheck="false" aria-describedby="ca-hint">${shown.values["ca_pem"] ?? ""}</textarea>
<p class="hint" id="ca-hint">Only when its certificate is not signed by a public one. PEM.</p></div>
${switches}`;
}

/** Whoever can write an address there becomes whoever has it here: said where the switch stands. */
function linkingWarning(kind: ShownProvider["kind"]): Html {
  const how =
    kind === "ldap"
      ? "A directory verifies no address: its mail attribute is believed as it stands."
      : "The provider's word that it verified an address is believed.";
  return html`<p class="message warning">${how} Whoever can write a colleague's address there signs in here as that colleague. Link only where people cannot change their own address.</p>`;
}

function below(here: string, csrf: Html): Html {
  return html`<section class="card stack"><h2>Test</h2>
<p class="lead">Asks it now, with what is saved.</p>
<form method="post" action="${here}/test" class="actions">${csrf}<button class="button" type="submit">Test</button></form></section>
<section class="card stack"><h2>Remove</h2>
<p class="lead">Whoever signs in by it is signed out, and comes in again by an invitation.</p>
<form method="post" action="${here}/remove" class="actions">${csrf}<button class="button" type="submit">Remove</button></form></section>`;
}

function secretField(label: string, { hasSecret }: ShownProvider): Html {
  const hint = hasSecret ? "One is saved. Leave this empty to keep it." : "Kept sealed, never shown again.";
  return html`<div class="field"><label for="secret">${label}</label>
<input id="secret" name="secret" type="password" autocomplete="off" maxlength="500" aria-describedby="secret-hint"><p class="hint" id="secret-hint">${hint}</p></div>`;
}

function field(
  { values }: ShownProvider,
  name: string,
  { label, hint, optional }: { readonly label: string; readonly hint?: string; readonly optional?: boolean },
): Html {
  const value = values[name] ?? "";
  const told = hint === undefined ? "" : html`<p class="hint" id="${name}-hint">${hint}</p>`;
  const input = optional
    ? html`<input id="${name}" name="${name}" value="${value}" maxlength="500" spellcheck="false" aria-describedby="${name}-hint">`
    : html`<input id="${name}" name="${name}" value="${value}" maxlength="500" spellcheck="false" required aria-describedby="${name}-hint">`;
  return html`<div class="field"><label for="${name}">${label}</label>
${input}${told}</div>`;
}
