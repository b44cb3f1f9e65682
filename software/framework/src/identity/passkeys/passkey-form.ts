import type { Html } from "../../http/html.ts";
import { html } from "../../http/html-tag.ts";

/** A form that a passkey answers; hidden until the script finds that the browser has passkeys. */
export interface PasskeyForm {
  readonly kind: "get" | "create";
  readonly action: string;
  readonly csrf: Html;
  readonly label: string;
  readonly primary?: boolean;
  /** For the browser; absent: fetched from `optionsUrl` when needed. */
  readonly options?: unknown;
  readonly optionsUrl?: string;
  /** Offer passkeys in the login field too, before anybody asks (conditional mediation). */
  readonly quiet?: boolean;
  /** Further fields. */
  readonly fields?: Html;
}

/** Draws it. */
export function passkeyForm(form: PasskeyForm): Html {
  const options = form.options === undefined ? "" : JSON.stringify(form.options);
  const start = form.quiet
    ? html`<form method="post" action="${form.action}" class="stack" data-passkey="${form.kind}" data-options="${options}" data-options-url="${form.optionsUrl ?? ""}" data-quiet hidden>`
    : html`<form method="post" action="${form.action}" class="stack" data-passkey="${form.kind}" data-options="${options}" data-options-url="${form.optionsUrl ?? ""}" hidden>`;
  return html`${start}
${form.csrf}
<input type="hidden" name="answer">
${form.fields ?? ""}
<button class="button wide${form.primary ? " primary" : ""}" type="submit">${form.label}</button>
<p data-passkey-message hidden></p>
</form>`;
}
