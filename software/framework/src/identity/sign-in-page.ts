import { publicActor } from "../access/actor.ts";
import type { Html } from "../http/html.ts";
import { html } from "../http/html-tag.ts";
import { csrfField, tenantPage } from "../http/page.ts";
import { passkeyScript, passwordScript } from "../http/page-assets.ts";
import type { Reply, RouteRequest } from "../http/route.ts";
import { type Notice, noticeOf } from "./notice.ts";
import { otherWays } from "./other-ways.ts";
import { signUpOffered } from "./sign-up/sign-up-offered.ts";
import { signInPolicy } from "./signin-policy.ts";

/**
 * The sign-in page: one form, made for password managers; below it what else there is. Without script only the
 * passkeys are missing. It tells nothing about who exists.
 */
export async function signInPage(
  request: RouteRequest,
  shown: {
    readonly next: string;
    readonly login?: string;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Promise<Reply> {
  const [ways, policy] = await Promise.all([
    otherWays(request, { next: shown.next, quiet: shown.status === undefined }),
    signInPolicy(request.tenant.data.reading(publicActor)),
  ]);
  const signUp = signUpOffered(request.tenant, policy)
    ? html`<p class="centered">New here? <a href="/web/signup">Create an account</a></p>`
    : "";
  return tenantPage(request, {
    title: "Sign in",
    narrow: true,
    script: passkeyScript.path,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Sign in</h1>
<p class="lead">to ${request.tenant.name}</p>
${noticeOf(shown.notice)}
<form method="post" action="/web/login" class="stack">
${csrfField(request.csrfToken())}
<input type="hidden" name="next" value="${shown.next}">
<div class="field"><label for="login">Email or login</label>
<input id="login" name="login" type="text" inputmode="email" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" maxlength="254" required value="${shown.login ?? ""}"></div>
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required></div>
<button class="button primary wide" type="submit">Sign in</button>
</form>
${ways}
<p class="centered"><a href="/web/forgot">Forgot your password?</a></p>
${signUp}
</div>`,
  });
}

/** Filled by password-strength.js while a new password is typed; hidden without it. */
export const strengthMeter = html`<p class="strength" hidden><meter id="strength" min="0" max="30" low="12" high="18" optimum="24" value="0" aria-label="How good the password is"></meter> <span role="status"></span></p>`;

/** Asks where to mail a reset link; and says, for every login alike, that one was mailed if it exists. */
export function forgotPage(
  request: RouteRequest,
  shown: { readonly sent: boolean; readonly notice?: Notice; readonly status?: number },
): Reply {
  return tenantPage(request, {
    title: "Set a new password",
    narrow: true,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Set a new password</h1>
${noticeOf(shown.sent ? { kind: "success", text: "If there is such an account, a mail is on its way to it." } : shown.notice)}
${
  shown.sent
    ? html`<p class="lead">It holds a link that works once. Nothing there after some minutes? Look among the unwanted mails, then try again.</p>`
    : forgotForm(request)
}
<p class="centered"><a href="/web/login">Back to sign-in</a></p>
</div>`,
  });
}

function forgotForm(request: RouteRequest): Html {
  return html`<p class="lead">Tell us your login. We mail a link by which you set a new password.</p>
<form method="post" action="/web/forgot" class="stack">
${csrfField(request.csrfToken())}
<div class="field"><label for="login">Email or login</label>
<input id="login" name="login" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required></div>
<button class="button primary wide" type="submit">Mail me a link</button>
</form>`;
}

/** Sets a password by link; the login stands in a field of its own, so that password managers store the pair. */
export function resetPage(
  request: RouteRequest,
  shown: {
    readonly login: string;
    readonly minimumLength: number;
    readonly notice?: Notice;
    readonly status?: number;
  },
): Reply {
  return tenantPage(request, {
    title: "Choose a password",
    script: passwordScript.path,
    narrow: true,
    status: shown.status ?? 200,
    main: html`<div class="card stack">
<h1>Choose a password</h1>
${noticeOf(shown.notice)}
<form method="post" action="${request.url.pathname}" class="stack">
${csrfField(request.csrfToken())}
<div class="field"><label for="login">Login</label>
<input id="login" name="login" type="text" autocomplete="username" value="${shown.login}" readonly></div>
<div class="field"><label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="${shown.minimumLength}" maxlength="1024" required aria-describedby="rule" data-strength="strength" data-strength-words="${request.tenant.name} ${shown.login}">
${strengthMeter}
<p class="hint" id="rule">At least ${shown.minimumLength} characters. A sentence is good; no digits or signs are asked for.</p></div>
<div class="field"><label for="again">The same once more</label>
<input id="again" name="again" type="password" autocomplete="new-password" maxlength="1024" required></div>
<button class="button primary wide" type="submit">Set password</button>
</form>
</div>`,
  });
}
