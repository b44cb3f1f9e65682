import type { Html } from "../http/html.ts";
import { html } from "../http/html-tag.ts";
import { csrfField, tenantPage } from "../http/page.ts";
import { passwordScript } from "../http/page-assets.ts";
import type { Reply, RouteRequest } from "../http/route.ts";
import { type Notice, noticeOf } from "./notice.ts";
import { strengthMeter } from "./sign-in-page.ts";

/** One signed-in device of the person. */
export interface ShownDevice {
  readonly id: number;
  readonly device: string;
  readonly source: string;
  readonly seen: string;
  /** The one that the page is seen on. */
  readonly here: boolean;
}

/** One API key of the person; the key itself is never shown again. */
export interface ShownKey {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly expires: string;
  /** How far it reaches, in words. */
  readonly reach: string;
  readonly used: string;
}

export interface Account {
  readonly login: string;
  readonly minimumLength: number;
  readonly devices: readonly ShownDevice[];
  readonly keys: readonly ShownKey[];
  readonly notice?: Notice;
  /** A key that was just made: the only time it is shown. */
  readonly newKey?: string;
  readonly status?: number;
}

/** Password, devices and API keys of whoever is signed in. */
export function accountPage(request: RouteRequest, account: Account): Reply {
  const csrf = csrfField(request.csrfToken());
  return tenantPage(request, {
    title: "Your account",
    script: passwordScript.path,
    status: account.status ?? 200,
    main: html`<div class="stack">
<h1>Your account</h1>
<p class="lead">Signed in as ${account.login}. <a href="/web">Back to work</a></p>
${noticeOf(account.notice)}
${newKeyOf(account.newKey)}
<section class="card stack"><h2>Password</h2>${passwordForm(account, csrf)}</section>
<section class="card stack"><h2>Second step</h2>
<p class="lead">A passkey or a code besides your password.</p>
<p><a class="button" href="/web/account/factors">Look after your second step</a></p></section>
<section class="card stack"><h2>Where you are signed in</h2>${deviceList(account.devices, csrf)}</section>
<section class="card stack"><h2>API keys</h2>
<p class="lead">A key lets a program work with your rights, in place of your password.</p>
${keyList(account.keys, csrf)}${keyForm(account.login, csrf)}</section>
</div>`,
  });
}

function newKeyOf(key: string | undefined): Html | "" {
  if (key === undefined) return "";
  return html`<div class="message success" role="status"><p>Your new key. Copy it now: it is not shown again.</p><p><code>${key}</code></p></div>`;
}

function passwordForm({ login, minimumLength }: Account, csrf: Html): Html {
  return html`<form method="post" action="/web/account/password" class="stack">${csrf}
<input class="visually-hidden" type="text" name="login" autocomplete="username" value="${login}" readonly tabindex="-1" aria-label="Login">
<div class="field"><label for="current">Password now</label><input id="current" name="current" type="password" autocomplete="current-password" maxlength="1024" required></div>
<div class="field"><label for="fresh">New password</label><input id="fresh" name="fresh" type="password" autocomplete="new-password" minlength="${minimumLength}" maxlength="1024" required aria-describedby="rule" data-strength="strength" data-strength-words="${login}">
${strengthMeter}
<p class="hint" id="rule">At least ${minimumLength} characters. All other devices are signed out.</p></div>
<label class="check"><input type="checkbox" name="keys" value="end" checked> <span>End my API keys too: whoever knew the password may have made one</span></label>
<div class="actions"><button class="button primary" type="submit">Change password</button></div></form>`;
}

function deviceList(devices: readonly ShownDevice[], csrf: Html): Html {
  const rows = devices.map((one) =>
    rowOf(
      html`${one.device}${one.here ? html` <span class="badge success">this one</span>` : ""}`,
      `${one.source} · last seen ${one.seen}`,
      one.here ? "" : rowForm("/web/account/devices", { csrf, id: one.id, label: "Sign out" }),
    ),
  );
  return html`<ul class="rows">${rows}</ul>
<form method="post" action="/web/account/devices" class="actions">${csrf}<input type="hidden" name="id" value="others"><button class="button" type="submit">Sign out everywhere else</button></form>`;
}

function keyList(keys: readonly ShownKey[], csrf: Html): Html | "" {
  if (keys.length === 0) return "";
  const rows = keys.map((one) =>
    rowOf(
      html`${one.name}`,
      `${one.prefix}… · ${one.reach} · expires ${one.expires} · ${one.used}`,
      rowForm("/web/account/keys/remove", { csrf, id: one.id, label: "Remove" }),
    ),
  );
  return html`<ul class="rows">${rows}</ul>`;
}

function rowOf(title: Html, detail: string, action: Html | ""): Html {
  return html`<li><div><strong>${title}</strong><p class="lead">${detail}</p></div>${action}</li>`;
}

function rowForm(
  path: string,
  { csrf, id, label }: { readonly csrf: Html; readonly id: number; readonly label: string },
): Html {
  return html`<form method="post" action="${path}">${csrf}<input type="hidden" name="id" value="${id}"><button class="button quiet" type="submit">${label}</button></form>`;
}

function keyForm(login: string, csrf: Html): Html {
  return html`<form method="post" action="/web/account/keys" class="stack">${csrf}
<input class="visually-hidden" type="text" name="login" autocomplete="username" value="${login}" readonly tabindex="-1" aria-label="Login">
<div class="field"><label for="name">What the key is for</label><input id="name" name="name" maxlength="100" required></div>
<div class="field"><label for="days">Valid for</label><select id="days" name="days"><option value="30">30 days</option><option value="90" selected>90 days</option><option value="365">a year</option></select></div>
<div class="field"><label for="reach">It may</label><select id="reach" name="reach"><option value="read" selected>only read</option><option value="all">read and change</option></select></div>
<div class="field"><label for="models">Only these kinds of records</label><input id="models" name="models" maxlength="2000" aria-describedby="models-rule" placeholder="res.partner, sale.order">
<p class="hint" id="models-rule">Names of models, separated by commas. Empty: all that you may use.</p></div>
<div class="field"><label for="calls">Calls a minute, at most</label><select id="calls" name="calls"><option value="60">60</option><option value="600" selected>600</option><option value="6000">6,000</option></select></div>
<div class="field"><label for="proof">Your password</label><input id="proof" name="current" type="password" autocomplete="current-password" maxlength="1024" required></div>
<div class="actions"><button class="button" type="submit">Make a key</button></div></form>`;
}
