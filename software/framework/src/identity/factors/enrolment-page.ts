import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField, tenantPage } from "../../http/page.ts";
import { passkeyScript } from "../../http/page-assets.ts";
import type { Reply, RouteRequest } from "../../http/route.ts";
import { type Notice, noticeOf } from "../notice.ts";
import { passkeyForm } from "../passkeys/passkey-form.ts";
import { qrSvg } from "../totp/qr-svg.ts";
import { base32, otpauthUri } from "../totp/totp.ts";

/** What a person needs to set a factor up. */
export interface Enrolment {
  /** Path that the forms are posted below: `…/app`, `…/passkey`. */
  readonly path: string;
  readonly login: string;
  readonly secret: Uint8Array;
  /** Sealed secret, for the form. */
  readonly token: string;
  /** For the browser. */
  readonly passkey: unknown;
  /** Where to go without doing it; absent: nowhere. */
  readonly back?: string;
  readonly notice?: Notice;
  readonly status?: number;
}

/** Sets up an authenticator app or a passkey: both on one page, the person chooses. */
export function enrolmentPage(request: RouteRequest, shown: Enrolment): Reply {
  const csrf = csrfField(request.csrfToken());
  const why =
    shown.back === undefined
      ? html`<p class="lead">Your organization asks for a second step besides the password. It takes a minute, once.</p>`
      : html`<p class="lead">With a second step nobody gets in with your password alone.</p>`;
  return tenantPage(request, {
    title: "Set up a second step",
    narrow: true,
    script: passkeyScript.path,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Set up a second step</h1>
${why}
${noticeOf(shown.notice)}
${passkeyPart(shown, csrf)}
${appPart(request, shown, csrf)}
${shown.back === undefined ? "" : html`<p class="centered"><a href="${shown.back}">Back</a></p>`}
</div>`,
  });
}

function passkeyPart({ path, passkey }: Enrolment, csrf: Html): Html {
  const fields = html`<h2>With a passkey</h2>
<p class="lead">Your fingerprint, face, PIN or security key. Nothing to type, nothing to be tricked out of.</p>
<div class="field"><label for="key-name">Name of this device or key</label>
<input id="key-name" name="name" type="text" maxlength="100" value="My passkey" required></div>`;
  const form = { kind: "create", action: `${path}/passkey`, csrf, options: passkey, fields } as const;
  return passkeyForm({ ...form, label: "Create a passkey", primary: true });
}

function appPart(request: RouteRequest, { path, login, secret, token }: Enrolment, csrf: Html): Html {
  const uri = otpauthUri(secret, request.tenant.name, login);
  return html`<form method="post" action="${path}/app" class="stack">
${csrf}
<input type="hidden" name="token" value="${token}">
<h2>With an authenticator app</h2>
<p class="lead">Scan this with the app, or type the key in.</p>
${qrSvg(uri, "QR code of the key below")}
<p class="centered"><code class="secret">${groups(base32(secret))}</code></p>
<div class="field"><label for="code">Code that the app shows</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required></div>
<button class="button wide" type="submit">Set up the app</button>
</form>`;
}

/** Recovery codes, the one time that they are shown. */
export function recoveryCodesPage(
  request: RouteRequest,
  {
    codes,
    next,
    cookies,
  }: { readonly codes: readonly string[]; readonly next: string; readonly cookies?: readonly string[] },
): Reply {
  const reply = tenantPage(request, {
    title: "Your recovery codes",
    narrow: true,
    main: html`<div class="card stack">
<h1>Your recovery codes</h1>
<p class="lead">Lost your device? Each of these lets you in once. Print them or put them into your password manager: they are not shown again.</p>
<ul class="codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p><a class="button primary wide" href="${next}">I have kept them</a></p>
</div>`,
  });
  return cookies === undefined ? reply : { ...reply, headers: { ...reply.headers, "set-cookie": cookies } };
}

function groups(text: string): string {
  return text.match(/.{1,4}/g)?.join(" ") ?? "";
}
