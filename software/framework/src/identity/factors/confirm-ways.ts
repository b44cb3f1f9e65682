import { publicActor } from "../../access/actor.ts";
import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField } from "../../http/page.ts";
import type { RouteRequest } from "../../http/route.ts";
import { assertionOptions } from "../passkeys/assertion.ts";
import { passkeyForm } from "../passkeys/passkey-form.ts";
import { providerOfUser } from "../providers/external-user.ts";
import { providerOf } from "../providers/provider.ts";
import { factorsOf } from "./factors-of.ts";

/** How a signed-in person may confirm who they are besides their password: what they have set up, no more. */
export async function confirmWays(request: RouteRequest, next: string): Promise<Html> {
  const env = request.tenant.data.reading(publicActor);
  const userId = request.actor.userId ?? 0;
  const csrf = csrfField(request.csrfToken());
  const going = html`<input type="hidden" name="next" value="${next}">`;
  const factors = await factorsOf(env, userId);
  const use = { kind: "second", userId } as const;
  const passkey =
    factors.passkeys === 0
      ? ""
      : passkeyForm({
          kind: "get",
          action: "/web/confirm/passkey",
          csrf,
          label: "Use a passkey",
          options: await assertionOptions(request.tenant, env, { use, binding: request.csrfToken() }),
          fields: going,
        });
  const code = !factors.app
    ? ""
    : html`<form method="post" action="/web/confirm/code" class="stack">${csrf}${going}
<div class="field"><label for="code">Or a code of your authenticator app</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required></div>
<button class="button wide" type="submit">Confirm with the code</button></form>`;
  return html`${passkey}${code}${await elsewhere(request, userId, next)}`;
}

async function elsewhere(request: RouteRequest, userId: number, next: string): Promise<Html | ""> {
  const env = request.tenant.data.reading(publicActor);
  const id = await providerOfUser(env, userId);
  const provider = id === null ? undefined : await providerOf(env, id);
  if (provider?.kind !== "oidc" || !provider.active) return "";
  return html`<p><a class="button wide" href="/web/oidc/${provider.id}?confirm=1&amp;next=${next}">Sign in with ${provider.name} again</a></p>`;
}
