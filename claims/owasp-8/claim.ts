import { unsubscribeLink } from "@holdfast/app-base/unsubscribe-link";
import { quotationLink, quotationPath } from "@holdfast/app-sales/send-quotation";
import { shareLink } from "@holdfast/app-sales/share-link";
import { createLink, type LinkOrder, revokeLinks, withSignedLinks } from "@holdfast/framework/identity/links";
import { linksModel } from "@holdfast/framework/identity/models";
import { present } from "@holdfast/kernel/assert";
import { probeEmail } from "@holdfast/panel/customer";
import type { Claim, DatabaseInScope, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { type CanaryQuotation, traceOf, withCanaryQuotations } from "../canary-quotations.ts";
import { forgeries } from "./forgeries.ts";

/** OWASP-8: links that work without a session. */
export const signedLinks: Claim = {
  id: "OWASP-8",
  promise:
    "A link that opens without signing in opens one record, for whom it was signed, until it ends; no address can be guessed.",
  method:
    "In a database made for probes, quotations get links as customers' quotations do. Over HTTPS, as a stranger: the genuine link must open its quotation, and looking must change nothing. Changed, shortened, swapped with another record's, carried to another database, made for another purpose, expired and revoked links must all get one and the same refusal, by GET and by POST.",
  maxAgeMinutes: 720,
  probe,
};

const actor = probeActor("OWASP-8");
const accept = { accept: "text/html" };

async function probe(context: ProbeContext): Promise<Finding> {
  const [canary] = await context.canaries();
  if (canary === undefined || !canary.apps.includes("sales"))
    return { state: "not_applicable", summary: "No database has an app that mails links." };
  const verdict = new Verdict();
  const refused = await context.within(canary, (tenant) =>
    withCanaryQuotations(tenant.data, 3, (quotations) =>
      visitAll({ context, verdict, tenant, canary }, quotations),
    ),
  );
  return verdict.finding(
    `the genuine link and ${counted(refused, "false, foreign, expired or revoked link")} were opened and pressed`,
    ": only the genuine one opens, looking changes nothing, all others get one and the same refusal",
  );
}

interface Stage {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  readonly tenant: OpenedTenant;
  readonly canary: DatabaseInScope;
}

/** @returns how many links were tried that must be refused. */
async function visitAll(stage: Stage, quotations: readonly CanaryQuotation[]): Promise<number> {
  const [one, other, revoked] = quotations.map((quotation) => present(quotation, "three quotations"));
  if (!one || !other || !revoked) return 0;
  const genuine = await linkTo(stage, one);
  const theirs = await linkTo(stage, other);
  const before = await Promise.all(quotations.map((quotation) => traceOf(stage.tenant.data, quotation)));
  if (!(await opens(stage, genuine, one))) return 0;
  const dead = [
    ...forgeries(genuine, theirs),
    { what: "an expired link", url: await expiredLink(stage, one) },
    { what: "a revoked link", url: await revokedLink(stage, revoked) },
    { what: "a link for another purpose", url: await linkTo(stage, one, { purpose: "probe" }) },
    { what: "a link that only shows", url: await linkTo(stage, one, { purpose: shareLink }) },
    { what: "a link that ends mails", url: await linkTo(stage, one, { purpose: unsubscribeLink }) },
    ...(await carriedElsewhere(stage, genuine)),
  ];
  await allRefused(stage, dead, quotations);
  await acceptsNothing(stage, genuine);
  // After all of it: a link that is dead by now was refused for what it is, not because nothing opens.
  await opens(stage, genuine, one);
  await unchanged(stage, quotations, before);
  return dead.length;
}

async function opens({ context, verdict }: Stage, url: string, { name }: CanaryQuotation): Promise<boolean> {
  const { status, body } = await context.visitor(url, { headers: accept });
  return verdict.expect(
    status === 200 && body.includes(name),
    "a genuine link does not open, so that refusals prove nothing",
    `status ${status}`,
  );
}

interface DeadLink {
  readonly what: string;
  readonly url: string;
}

/** One refusal for all: a difference would tell which part was right. */
async function allRefused(
  { context, verdict }: Stage,
  dead: readonly DeadLink[],
  quotations: readonly CanaryQuotation[],
): Promise<void> {
  const answers = new Map<string, string>();
  for (const { what, url } of dead) {
    context.signal.throwIfAborted();
    const looked = await context.visitor(url, { headers: accept });
    const leaks = quotations.some(({ name }) => looked.body.includes(name));
    verdict.expect(looked.status === 404 && !leaks, `${what} is not refused`, `status ${looked.status}`);
    answers.set(`${new URL(url).host} ${looked.status} ${plain(looked)}`, what);
    const pressed = await context.visitor(`${url}/confirm`, {
      ...form,
      headers: { ...accept, ...form.headers },
    });
    verdict.expect(
      pressed.status >= 400 && pressed.status < 500,
      `${what} accepts a quotation`,
      `status ${pressed.status}`,
    );
  }
  const hosts = new Set(dead.map(({ url }) => new URL(url).host)).size;
  verdict.expect(
    answers.size <= hosts,
    "refusals differ, and so tell what was wrong",
    [...answers.values()].join(", "),
  );
}

const form = {
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "signer=Mallory&seen=x&csrf_token=x",
} as const;

/** What differs by design: the reference of a request, nonces. */
function plain({ body }: Visited): string {
  return body.replace(/nonce="[^"]*"/g, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "");
}

/** The genuine link without the token of its own page: another site's form. Source: claim OWASP-3. */
async function acceptsNothing({ context, verdict }: Stage, genuine: string): Promise<void> {
  const { status } = await context.visitor(`${genuine}/confirm`, {
    ...form,
    headers: { ...accept, ...form.headers },
  });
  verdict.expect(status === 403, "a quotation is accepted without its page's token", `status ${status}`);
}

async function unchanged(
  { verdict, tenant, canary }: Stage,
  quotations: readonly CanaryQuotation[],
  before: readonly string[],
): Promise<void> {
  for (const [at, quotation] of quotations.entries()) {
    const after = await traceOf(tenant.data, quotation);
    // Revoking is the probe's own doing.
    if (at < 2)
      verdict.expect(sameOrder(before[at], after), "looking at a link changed something", canary.name);
  }
}

/** Links are added by the probe meanwhile; those that were there must be as they were. */
function sameOrder(before: string | undefined, after: string): boolean {
  const [was, is] = [JSON.parse(before ?? "null"), JSON.parse(after)] as Trace[];
  if (!was || !is) return false;
  const old = is.links.filter((link) => was.links.some((one) => one.id === link.id));
  return (
    JSON.stringify({ ...was, links: was.links }) === JSON.stringify({ ...is, links: old }) &&
    is.links.every((link) => link.uses === 0)
  );
}

interface Trace {
  readonly links: readonly { readonly id: number; readonly uses: number }[];
}

/** As the mail pump makes it, at the moment of sending. */
async function linkTo(
  { tenant }: Stage,
  { id }: CanaryQuotation,
  change: Partial<LinkOrder> = {},
): Promise<string> {
  const order = {
    purpose: quotationLink,
    model: "sale.order",
    recordId: id,
    recipient: probeEmail,
    lifeMinutes: 60,
    maxUses: 0,
    path: quotationPath,
    ...change,
  };
  const mark = await tenant.data.writing(actor, (env) => createLink(env, order));
  return withSignedLinks(tenant, tenant.data.reading(actor), mark);
}

/** Signed when its end was past already: nothing but the end is wrong with it. */
async function expiredLink({ tenant, context }: Stage, { id }: CanaryQuotation): Promise<string> {
  const order = {
    purpose: quotationLink,
    model: "sale.order",
    recordId: id,
    recipient: probeEmail,
    lifeMinutes: 60,
    maxUses: 0,
    path: quotationPath,
  };
  const mark = await tenant.data.writing(actor, async (env) => {
    const made = await createLink(env, order);
    const [newest] = await env.of(linksModel).search([["res_id", "=", id]], { order: "id desc", limit: 1 });
    const past = Temporal.Instant.fromEpochMilliseconds(context.clock.now() - 60_000);
    await env.of(linksModel).write([present(newest, "the new link")], { expires_at: past });
    return made;
  });
  return withSignedLinks(tenant, tenant.data.reading(actor), mark);
}

async function revokedLink(stage: Stage, quotation: CanaryQuotation): Promise<string> {
  const url = await linkTo(stage, quotation);
  await opens(stage, url, quotation);
  await stage.tenant.data.writing(actor, (env) =>
    revokeLinks(env, quotationLink, "sale.order", [quotation.id]),
  );
  return url;
}

/** The same token at another database's host: keys are the tenant's own. */
async function carriedElsewhere({ context, canary }: Stage, genuine: string): Promise<DeadLink[]> {
  const other = context.databases.find(
    (database) => database.name !== canary.name && database.apps.includes("sales"),
  );
  if (other === undefined) return [];
  const { pathname } = new URL(genuine);
  return [{ what: "a link carried to another database", url: `${context.urlOf(other.name)}${pathname}` }];
}
