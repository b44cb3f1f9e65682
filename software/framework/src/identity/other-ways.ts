import { publicActor } from "../access/actor.ts";
import type { Html } from "../http/html.ts";
import { html } from "../http/html-tag.ts";
import { csrfField } from "../http/page.ts";
import type { RouteRequest } from "../http/route.ts";
import { egressAllowed } from "../mail/egress.ts";
import { passkeyForm } from "./passkeys/passkey-form.ts";
import { activeProviders } from "./providers/provider.ts";

/**
 * Below the password: a passkey, and the providers of this database. The same for every visitor: it tells of nobody.
 *
 * @param quiet - offer passkeys in the login field; not after a refusal, which the same passkey would only repeat.
 */
export async function otherWays(
  request: RouteRequest,
  { next, quiet }: { readonly next: string; readonly quiet: boolean },
): Promise<Html> {
  const { tenant } = request;
  const all = egressAllowed(tenant) ? await activeProviders(tenant.data.reading(publicActor)) : [];
  const links = all
    .filter(({ kind }) => kind === "oidc")
    .map(
      ({ id, name }) =>
        html`<p><a class="button wide" href="/web/oidc/${id}?next=${next}">Sign in with ${name}</a></p>`,
    );
  const passkey = passkeyForm({
    kind: "get",
    action: "/web/login/passkey",
    csrf: csrfField(request.csrfToken()),
    label: "Use a passkey",
    optionsUrl: "/web/login/passkey/options",
    quiet,
    fields: html`<input type="hidden" name="next" value="${next}">`,
  });
  return html`${passkey}${links}`;
}
