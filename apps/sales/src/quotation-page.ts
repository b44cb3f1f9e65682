import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { csrfField } from "@holdfast/framework/http/page";
import { moneyText } from "./money-text.ts";
import type { OrderState } from "./order-state.ts";

/** Everything that a quotation's page shows; numbers exact, as text. */
export interface QuotationView {
  readonly name: string;
  readonly state: OrderState;
  readonly date: string;
  readonly validUntil: string | null;
  readonly expired: boolean;
  readonly reference: string | null;
  readonly note: string | null;
  readonly currency: string;
  readonly untaxed: string;
  readonly tax: string;
  readonly total: string;
  readonly lines: readonly QuotationLine[];
  readonly from: Party;
  readonly to: Party;
  readonly documentNote: string | null;
  readonly signedBy: string | null;
  readonly signedOn: string | null;
}

export interface QuotationLine {
  readonly words: string;
  readonly quantity: string;
  readonly unit: string | null;
  readonly price: string;
  readonly discount: string;
  readonly subtotal: string;
}

export interface Party {
  readonly name: string;
  readonly address: readonly string[];
}

/** Where accepting goes, and what it carries. */
export interface AcceptForm {
  readonly action: string;
  readonly csrf: string;
  /** Digest of what the page shows: one accepts what one saw, and nothing that was changed meanwhile. */
  readonly seen: string;
  /** Why the last try was refused. */
  readonly refused?: string;
}

/** The page of one quotation, with its form as long as it can be accepted; without one for who only reads. Needs no script. */
export function quotationMain(
  view: QuotationView,
  { nonce, form }: { readonly nonce: string; readonly form?: AcceptForm },
): Html {
  const reader = form === undefined;
  return html`${styles(nonce)}
<article class="quotation stack">
<header class="quotation-head">
<div><p class="lead">Quotation from ${view.from.name}</p><h1>${view.name}</h1></div>
${badge(view, reader)}
</header>
${notice(view, reader)}
${view.state === "draft" ? "" : content(view)}
${form !== undefined && acceptable(view) ? acceptForm(view, form) : ""}
</article>`;
}

function content(view: QuotationView): Html {
  return html`<div class="card">
<dl class="facts">
<div><dt>For</dt><dd><strong>${view.to.name}</strong>${addressLines(view.to)}</dd></div>
<div><dt>From</dt><dd><strong>${view.from.name}</strong>${addressLines(view.from)}</dd></div>
<div><dt>Date</dt><dd>${view.date}</dd>${view.validUntil ? html`<dt class="next">Valid until</dt><dd>${view.validUntil}</dd>` : ""}
${view.reference ? html`<dt class="next">Your reference</dt><dd>${view.reference}</dd>` : ""}</div>
</dl>
${linesTable(view)}
${totals(view)}
${view.note ? html`<section class="terms"><h2>Terms</h2><p class="words">${view.note}</p></section>` : ""}
${view.documentNote ? html`<p class="words lead">${view.documentNote}</p>` : ""}
</div>`;
}

/** Whether the customer may still accept: neither answered nor past its day. */
export function acceptable(view: Pick<QuotationView, "state" | "expired">): boolean {
  return view.state === "sent" && !view.expired;
}

function badge(view: QuotationView, reader: boolean): Html {
  if (view.state === "sale") return html`<span class="badge success">Accepted</span>`;
  if (view.state === "cancel") return html`<span class="badge danger">Cancelled</span>`;
  return view.expired
    ? html`<span class="badge warning">Expired</span>`
    : html`<span class="badge">${reader ? "Waiting for its customer" : "Waiting for you"}</span>`;
}

function notice(view: QuotationView, reader: boolean): Html | string {
  if (view.state === "sale")
    return html`<p class="message success" role="status">${view.signedBy ? `Accepted by ${view.signedBy}` : "Accepted"}${view.signedOn ? ` on ${view.signedOn}` : ""}.${reader ? "" : ` Thank you: ${view.from.name} has been told.`}</p>`;
  if (view.state === "cancel")
    return html`<p class="message danger">This quotation was withdrawn. Ask ${view.from.name} for a new one.</p>`;
  if (view.state === "draft")
    return html`<p class="message warning">This quotation is being changed. ${reader ? "Look again later." : "You will get a new mail when it is ready."}</p>`;
  return view.expired
    ? html`<p class="message warning">This quotation was valid until ${view.validUntil}. Ask ${view.from.name} for a new one.</p>`
    : "";
}

function linesTable(view: QuotationView): Html {
  return html`<table class="lines">
<caption class="visually-hidden">What is offered</caption>
<thead><tr><th scope="col">Description</th><th scope="col" class="number">Quantity</th><th scope="col" class="number">Unit price</th><th scope="col" class="number">Amount</th></tr></thead>
<tbody>${view.lines.map((line) => lineRow(line, view.currency))}</tbody>
</table>`;
}

function lineRow(line: QuotationLine, currency: string): Html {
  const [first = "", ...more] = line.words.split("\n");
  const discounted = !/^0*(?:\.0*)?$/.test(line.discount);
  return html`<tr>
<td class="what"><strong>${first}</strong>${more.length > 0 ? html`<span class="more">${more.join("\n")}</span>` : ""}</td>
<td class="number" data-label="Quantity"><span>${plainNumber(line.quantity)}${line.unit ? html` <span class="unit">${line.unit}</span>` : ""}</span></td>
<td class="number" data-label="Unit price"><span>${moneyText(line.price, currency)}${discounted ? html`<span class="more">less ${plainNumber(line.discount)} %</span>` : ""}</span></td>
<td class="number" data-label="Amount">${moneyText(line.subtotal, currency)}</td>
</tr>`;
}

function totals(view: QuotationView): Html {
  const row = (label: string, amount: string, total = false) =>
    html`<div class="${total ? "total" : "part"}"><dt>${label}</dt><dd class="number">${moneyText(amount, view.currency)}</dd></div>`;
  return html`<dl class="totals">${row("Net", view.untaxed)}${row("Tax", view.tax)}${row("Total", view.total, true)}</dl>`;
}

function acceptForm(view: QuotationView, form: AcceptForm): Html {
  return html`<form class="card stack accept" method="post" action="${form.action}">
<h2>Accept this quotation</h2>
<p class="lead">You order what is listed above for ${moneyText(view.total, view.currency)}.</p>
${form.refused ? html`<p class="message danger" role="alert">${form.refused}</p>` : ""}
${csrfField(form.csrf)}
<input type="hidden" name="seen" value="${form.seen}">
<div class="field"><label for="signer">Your name</label>
<input id="signer" name="signer" type="text" autocomplete="name" required maxlength="120"></div>
<div class="actions"><button class="button primary" type="submit">Accept and order</button></div>
</form>`;
}

function addressLines(party: Party): Html[] {
  return party.address.map((line) => html`<br>${line}`);
}

/** `3.000` → `3`, `2.500` → `2.5`. */
function plainNumber(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function styles(nonce: string): Html {
  return html`<style nonce="${nonce}">
.quotation-head { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; justify-content: space-between; }
.quotation .facts { gap: 1.25rem 2rem; }
.quotation dt.next { margin-top: 0.75rem; }
.lines { margin-top: 2.25rem; }
.lines th:first-child, .lines td:first-child { padding-inline-start: 0; }
.lines th:last-child, .lines td:last-child { padding-inline-end: 0; }
.lines .more, .quotation .words { white-space: pre-line; }
.lines .more { display: block; color: var(--ink-soft); font-size: var(--text-s); }
.lines .unit { color: var(--ink-soft); }
.totals { margin: 1.25rem 0 0 auto; max-width: 20rem; }
.totals > div { display: flex; justify-content: space-between; gap: 2rem; padding: 0.2rem 0; }
.totals .part { color: var(--ink-soft); }
.totals dd { margin: 0; }
.totals .total { margin-top: 0.5rem; padding-top: 0.75rem; border-top: 1px solid var(--edge-strong); }
.terms { margin-top: 2.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.terms h2 { font-size: var(--text-l); margin-bottom: 0.5rem; }
.accept input { max-width: 24rem; }
@media (max-width: 34rem) {
.lines thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.lines, .lines tbody { display: block; }
.lines tr { display: block; padding: 0.9rem 0; border-top: 1px solid var(--line); }
.lines tr > td { border: 0; padding: 0.1rem 0; text-align: start; }
.lines td.what { display: block; padding-bottom: 0.4rem; }
.lines td.number { display: flex; justify-content: space-between; gap: 1rem; text-align: end; }
.lines td.number::before { content: attr(data-label); color: var(--ink-soft); }
.totals { max-width: none; margin-top: 0; padding-top: 0.9rem; border-top: 1px solid var(--line); }
.accept .button, .accept input { width: 100%; max-width: none; }
}
</style>`;
}
