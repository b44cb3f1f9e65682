import { attachmentRoutes } from "@holdfast/framework/files/attachment-routes";
import type { Route } from "@holdfast/framework/http/route";
import { accountRoutes } from "@holdfast/framework/identity/account-routes";
import { confirmRoutes } from "@holdfast/framework/identity/confirm-routes";
import { passwordRoutes } from "@holdfast/framework/identity/password-routes";
import { signInRoutes } from "@holdfast/framework/identity/sign-in-routes";
import { signUpRoutes } from "@holdfast/framework/identity/sign-up/sign-up-routes";
import { jobRoutes } from "@holdfast/framework/jobs/job-routes";
import { remoteRoutes } from "@holdfast/framework/remote/remote-routes";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { type CanarySession, withCanarySession } from "../canary-session.ts";

/** OWASP-3: what another site can make a signed-in browser do. */
export const forgedRequests: Claim = {
  id: "OWASP-3",
  promise: "Another site cannot make a signed-in browser change anything here.",
  method:
    "With the cookie of a real session, every route that changes something is called as other sites could make a browser call it: without a token, with another browser's, from another origin, as a form, from an address without an origin. All must be refused, and the session must still stand. The same call from our own page must work.",
  maxAgeMinutes: 1_440,
  probe,
};

interface Stage {
  readonly context: ProbeContext;
  readonly verdict: Verdict;
  readonly base: string;
  readonly session: CanarySession;
}

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  const verdict = new Verdict();
  const tried = await context.within(canary, (tenant) =>
    withCanarySession(context, { tenant, claim: "OWASP-3" }, async (session) => {
      const stage = { context, verdict, base: context.urlOf(canary.name), session };
      await fromOurOwnPage(stage);
      const routes = changingRoutes(tenant);
      let forgeries = 0;
      for (const route of routes) forgeries += await forge(stage, route);
      await fromOurOwnPage(stage);
      return { routes: routes.length, forgeries };
    }),
  );
  return verdict.finding(
    `${counted(tried.forgeries, "forged request")} to ${counted(tried.routes, "changing route")} with a real session's cookie`,
    ": all refused; from our own page the same works",
  );
}

/** Every route that changes something by cookie; routes of links carry their right in the address (OWASP-8). */
function changingRoutes({ data }: OpenedTenant): Route[] {
  const all = [
    ...signInRoutes,
    ...signUpRoutes,
    ...accountRoutes,
    ...confirmRoutes,
    ...passwordRoutes,
    ...jobRoutes,
    ...remoteRoutes,
    ...attachmentRoutes,
    ...data.registry.apps.flatMap((app) => app.routes ?? []),
  ];
  return all.filter((route) => !["GET", "OPTIONS"].includes(route.method) && route.who !== "link");
}

/** The positive control, and at the end the proof that no forgery signed the browser out. */
async function fromOurOwnPage({ context, verdict, base, session }: Stage): Promise<void> {
  const { status, body } = await context.visitor(`${base}/web/dataset/call_kw/res.partner/exists`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: base, cookie: session.cookie },
    body: rpc({ model: "res.partner", method: "exists", args: [[]], kwargs: {} }),
  });
  verdict.expect(
    status === 200 && /"result":\s*\[\]/.test(body),
    "a call from our own page does not work, so that refusals prove nothing",
    `status ${status} ${body.slice(0, 200)}`,
  );
}

interface Forgery {
  readonly how: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @returns how many forgeries were tried. */
async function forge({ context, verdict, base, session }: Stage, route: Route): Promise<number> {
  const path = route.path.replaceAll(/:model/g, "res.partner").replaceAll(/[:*]\w+/g, "1");
  const forgeries = forgeriesOf(route);
  for (const { how, headers, body } of forgeries) {
    context.signal.throwIfAborted();
    const answer = await context.visitor(base + path, {
      method: route.method,
      headers: { ...headers, cookie: session.cookie },
      body,
    });
    verdict.expect(
      isRefused(route, answer),
      `a request ${how} is not refused`,
      `${route.method} ${path}: ${answer.status} ${answer.body.slice(0, 200)}`,
    );
  }
  return forgeries.length;
}

const evil = "https://evil.example";
const asForm = { "content-type": "application/x-www-form-urlencoded" };
const asText = { "content-type": "text/plain" };
const asJson = { "content-type": "application/json" };

function forgeriesOf(route: Route): Forgery[] {
  const json = rpc({
    service: "object",
    method: "exists",
    model: "res.partner",
    args: [[]],
    kwargs: {},
    ids: [],
  });
  const right =
    route.body === "form" ? asForm : route.body === "xml" ? { "content-type": "text/xml" } : asJson;
  const body =
    route.body === "form" ? "login=probe&password=probe" : route.body === "xml" ? "<methodCall/>" : json;
  const others = route.body === "form" ? `${body}&csrf_token=${"A".repeat(43)}` : body;
  return [
    { how: "without a token", headers: right, body },
    { how: "with another browser's token", headers: right, body: others },
    {
      how: "from another origin",
      headers: { ...right, origin: evil, "sec-fetch-site": "cross-site" },
      body: others,
    },
    {
      how: "from a neighbouring host",
      headers: { ...right, origin: "https://neighbour.localhost", "sec-fetch-site": "same-site" },
      body: others,
    },
    {
      how: "without an origin",
      headers: { ...right, origin: "null", "sec-fetch-site": "cross-site" },
      body: others,
    },
    { how: "as a plain form", headers: asForm, body: `payload=${encodeURIComponent(json)}` },
    { how: "as text", headers: asText, body: json },
  ];
}

/** Doors whose callers bring a key take no cookie: for them the browser is nobody. */
function isRefused(route: Route, { status, body, headers }: Visited): boolean {
  const changesSession = (headers["set-cookie"] ?? []).some((cookie) => cookie.startsWith("__Host-session"));
  if (changesSession) return false;
  if (status >= 400 && status < 500) return true;
  if (route.csrf === "none") return /"error"|<fault>/.test(body) || /AccessDenied|Access denied/.test(body);
  return /"code":\s*100\b|SessionExpired/.test(body);
}

function rpc(params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params });
}
