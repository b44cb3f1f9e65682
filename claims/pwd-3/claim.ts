import { usersModel } from "@holdfast/framework/identity/models";
import { present } from "@holdfast/kernel/assert";
import type { Claim, DatabaseInScope, Finding, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visit, Visited } from "@holdfast/trust/visitor";
import { administratorOf, withIdentity } from "../canary-caller.ts";

const shortestPromiseSeconds = 31_536_000;
/** Hosts that one probe visits; beyond that, chosen at random each time. */
const maxHosts = 50;

/** PWD-3: nothing secret in clear. */
export const encryptedSignIn: Claim = {
  id: "PWD-3",
  promise: "Passwords and sessions travel over HTTPS alone.",
  method:
    "Every host is asked over plain HTTP: it must only point to HTTPS, without a cookie and without a page. In a database made for probes a right login and password are sent in clear to every door that takes one: none may open. Over HTTPS the same login must work, and its cookies must be bound to HTTPS and to the host, out of reach of scripts.",
  maxAgeMinutes: 720,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  const hosts = context.databases.slice(0, maxHosts).map(({ name }) => context.urlOf(name));
  for (const url of hosts) await onlyPointsToHttps(context, verdict, url);
  const canary = present((await context.canaries())[0], "a canary");
  const doors = await signInEverywhere(context, verdict, canary);
  return verdict.finding(
    `${counted(hosts.length, "host")} asked in clear, and a right password sent in clear to ${counted(doors, "door")}`,
    ": all only point to HTTPS; over HTTPS it opens, with cookies bound to it",
  );
}

async function onlyPointsToHttps({ visitor }: ProbeContext, verdict: Verdict, url: string): Promise<void> {
  const path = "/web/login?probe=1";
  const { status, headers, body } = await visitor(inClear(url) + path);
  const pointsThere = (status === 301 || status === 308) && headers.location === url + path;
  verdict.expect(
    pointsThere,
    "a host answers plain HTTP with something else than a pointer to HTTPS",
    `${url}: ${status}`,
  );
  verdict.expect(headers["set-cookie"] === undefined, "a cookie is set in clear", url);
  verdict.expect(!/<form|password/i.test(body), "a page is served in clear", url);
  const secure = await visitor(`${url}/web/login`, { headers: { accept: "text/html" } });
  verdict.expect(
    secure.status === 200,
    "a host does not answer over HTTPS, so that refusals prove nothing",
    url,
  );
  const promised = /max-age=(\d+)/.exec(String(secure.headers["strict-transport-security"] ?? ""))?.[1];
  verdict.expect(
    Number(promised ?? 0) >= shortestPromiseSeconds,
    "a host does not make browsers keep to HTTPS",
    `${url}: ${promised ?? "no header"}`,
  );
}

/** @returns how many doors were tried in clear. */
function signInEverywhere(context: ProbeContext, verdict: Verdict, canary: DatabaseInScope): Promise<number> {
  return context.within(canary, async (tenant) => {
    const userId = await administratorOf(tenant.data, "PWD-3");
    const password = Buffer.from(context.random.bytes(24)).toString("base64url");
    await withIdentity(context, tenant, (identity) => identity.setPassword(userId, password));
    const [user] = await tenant.data.reading(probeActor("PWD-3")).of(usersModel).read([userId], ["login"]);
    const url = context.urlOf(canary.name);
    const doors = doorsFor({ database: canary.name, login: user?.login ?? "", password });
    for (const { path, visit } of doors) {
      const answer = await context.visitor(inClear(url) + path, visit);
      verdict.expect(!letsIn(answer), "a password sent in clear is taken", `${path}: ${answer.status}`);
    }
    const [session] = doors;
    const open = await context.visitor(url + session.path, session.visit);
    verdict.expect(
      letsIn(open),
      "the right password does not open over HTTPS either, so that refusals prove nothing",
      `status ${open.status}`,
    );
    checkCookies(verdict, open);
    await withIdentity(context, tenant, (identity) => identity.endSessionsOf(userId));
    return doors.length;
  });
}

interface Door {
  readonly path: string;
  readonly visit: Visit;
}

/** The session door first: it is the one that must open over HTTPS. */
function doorsFor(who: {
  readonly database: string;
  readonly login: string;
  readonly password: string;
}): readonly [Door, ...Door[]] {
  const { database, login, password } = who;
  const json = { "content-type": "application/json" };
  const rpc = (params: unknown) => JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params });
  const post = (path: string, body: string, headers: Readonly<Record<string, string>>): Door => ({
    path,
    visit: { method: "POST", headers, body },
  });
  return [
    post("/web/session/authenticate", rpc({ db: database, login, password }), json),
    post(
      "/jsonrpc",
      rpc({ service: "common", method: "authenticate", args: [database, login, password, {}] }),
      json,
    ),
    post("/web/login", new URLSearchParams({ login, password }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }),
  ];
}

function letsIn({ status, headers, body }: Visited): boolean {
  const uid = /"(?:uid|result)"\s*:\s*[1-9]\d*/.test(body);
  return headers["set-cookie"] !== undefined || (status === 200 && uid);
}

function checkCookies(verdict: Verdict, { headers }: Visited): void {
  const cookies = headers["set-cookie"] ?? [];
  verdict.expect(cookies.length > 0, "signing in sets no cookie", "no header");
  for (const cookie of cookies) {
    const name = cookie.slice(0, cookie.indexOf("="));
    const wanted = ["Secure", "HttpOnly", "Path=/"].filter((word) => !cookie.split("; ").includes(word));
    verdict.expect(
      wanted.length === 0,
      "a cookie is not bound to HTTPS and hidden from scripts",
      `${name} lacks ${wanted.join(", ")}`,
    );
    verdict.expect(
      name.startsWith("__Host-") && !/;\s*domain=/i.test(cookie),
      "a cookie is not bound to its host",
      name,
    );
    verdict.expect(
      /;\s*SameSite=(?:Lax|Strict)/i.test(cookie),
      "a cookie is sent along from other sites",
      name,
    );
  }
}

function inClear(url: string): string {
  return url.replace(/^https:/, "http:");
}
