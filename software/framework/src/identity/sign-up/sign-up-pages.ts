import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";
import { csrfField, tenantPage } from "../../http/page.ts";
import { passwordScript } from "../../http/page-assets.ts";
import type { Reply, RouteRequest } from "../../http/route.ts";
import { type Notice, noticeOf } from "../notice.ts";
import { strengthMeter } from "../sign-in-page.ts";

/** Asks for an address; and says, for every address alike, that a mail is on its way. */
export function signUpPage(
  request: RouteRequest,
  shown: {
    readonly sent: boolean;
    readonly email?: string;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Reply {
  return tenantPage(request, {
    title: "Create an account",
    narrow: true,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Create an account</h1>
${noticeOf(shown.sent ? { kind: "success", text: "A mail is on its way to you." } : shown.notice)}
${
  shown.sent
    ? html`<p class="lead">It says how to go on. Nothing there after some minutes? Look among the unwanted mails, then try again.</p>`
    : askForm(request, shown.email ?? "")
}
<p class="centered"><a href="/web/login">Back to sign-in</a></p>
</div>`,
  });
}

function askForm(request: RouteRequest, email: string): Html {
  return html`<p class="lead">We mail you a link by which you choose a password at ${request.tenant.name}.</p>
<form method="post" action="/web/signup" class="stack">
${csrfField(request.csrfToken())}
<div class="field"><label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" autocapitalize="none" spellcheck="false" maxlength="254" required value="${email}"></div>
<button class="button primary wide" type="submit">Mail me a link</button>
</form>`;
}

/** The page of the mailed link: name and first password; the address stands in a field of its own, for password managers. */
export function newAccountPage(
  request: RouteRequest,
  shown: {
    readonly login: string;
    readonly minimumLength: number;
    readonly name?: string;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Reply {
  return tenantPage(request, {
    title: "Create an account",
    script: passwordScript.path,
    narrow: true,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Create an account</h1>
<p class="lead">at ${request.tenant.name}</p>
${noticeOf(shown.notice)}
<form method="post" action="${request.url.pathname}" class="stack">
${csrfField(request.csrfToken())}
<div class="field"><label for="login">Login</label>
<input id="login" name="login" type="text" autocomplete="username" value="${shown.login}" readonly></div>
<div class="field"><label for="name">Your name</label>
<input id="name" name="name" type="text" autocomplete="name" maxlength="120" required value="${shown.name ?? ""}"></div>
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="${shown.minimumLength}" maxlength="1024" required aria-describedby="rule" data-strength="strength" data-strength-words="${request.tenant.name} ${shown.login}">
${strengthMeter}
<p class="hint" id="rule">At least ${shown.minimumLength} characters. A sentence is good; no digits or signs are asked for.</p></div>
<div class="field"><label for="again">The same once more</label>
<input id="again" name="again" type="password" autocomplete="new-password" maxlength="1024" required></div>
<button class="button primary wide" type="submit">Create the account</button>
</form>
</div>`,
  });
}
