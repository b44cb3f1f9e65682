import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField, tenantPage } from "../../http/page.ts";
import { passkeyScript } from "../../http/page-assets.ts";
import type { Reply, RouteRequest } from "../../http/route.ts";
import { type Notice, noticeOf } from "../notice.ts";
import { passkeyForm } from "../passkeys/passkey-form.ts";

/** Asks for the second factor: by passkey, by app, or with a recovery code; works without script but for passkeys. */
export function factorPage(
  request: RouteRequest,
  shown: {
    readonly factors: readonly string[];
    readonly passkey: unknown;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Reply {
  const csrf = csrfField(request.csrfToken());
  const byPasskey =
    shown.passkey === undefined
      ? ""
      : passkeyForm({
          kind: "get",
          action: "/web/login/factor/passkey",
          csrf,
          label: "Use a passkey",
          primary: !shown.factors.includes("totp"),
          options: shown.passkey,
        });
  return tenantPage(request, {
    title: "Second step",
    narrow: true,
    script: passkeyScript.path,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>One more step</h1>
${noticeOf(shown.notice)}
${shown.factors.includes("totp") ? appForm(csrf) : ""}
${byPasskey}
${shown.factors.includes("recovery") ? recoveryForm(csrf, !shown.factors.includes("totp") && shown.passkey === undefined) : ""}
<p class="centered"><a href="/web/login">Back to sign-in</a></p>
</div>`,
  });
}

function appForm(csrf: Html): Html {
  return html`<form method="post" action="/web/login/factor" class="stack">
${csrf}
<div class="field"><label for="code">Code of your authenticator app</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required autofocus></div>
<button class="button primary wide" type="submit">Go on</button>
</form>`;
}

function recoveryForm(csrf: Html, open: boolean): Html {
  const inside = html`<summary>Device lost? Use a recovery code</summary>
<form method="post" action="/web/login/factor" class="stack">
${csrf}
<div class="field"><label for="recovery">Recovery code</label>
<input id="recovery" name="code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required aria-describedby="recovery-hint">
<p class="hint" id="recovery-hint">Each works once. None left? Your administrator can reset your second factor.</p></div>
<button class="button wide" type="submit">Use the code</button>
</form>`;
  return open ? html`<details open>${inside}</details>` : html`<details>${inside}</details>`;
}
