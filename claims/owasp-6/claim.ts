import { totpModel } from "@holdfast/framework/identity/factors/models";
import { usersModel } from "@holdfast/framework/identity/models";
import { externalIdentitiesModel } from "@holdfast/framework/identity/providers/models";
import { stepAt, totpCode } from "@holdfast/framework/identity/totp/totp";
import { offerSecret, storeApp } from "@holdfast/framework/identity/totp/totp-factor";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import type { Visited } from "@holdfast/trust/visitor";
import { type CanaryPerson, canaryPerson, cookieOf, opened } from "../canary-sign-in.ts";

const actor = probeActor("OWASP-6");
const readAtOnce = 1_000;

/** OWASP-6: a password alone need not be what stands between a thief and the data. */
export const strongSignIn: Claim = {
  id: "OWASP-6",
  promise:
    "Whoever signs in by an identity provider has no password here, and where a second factor is set up no password opens anything alone.",
  method:
    "In every database the users that come from an identity provider are counted: none may have a stored password beside it. In a database made for probes an authenticator app is set up; then the right password alone must open nothing at any door, a wrong code and a used code must be refused, and the right code must open.",
  maxAgeMinutes: 1_440,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const verdict = new Verdict();
  let elsewhere = 0;
  for (const database of context.databases) {
    context.signal.throwIfAborted();
    elsewhere += await context.within(database, (tenant) => passwordless(tenant, verdict));
  }
  const canary = present((await context.canaries())[0], "a canary");
  await context.within(canary, (tenant) => withApp(context, tenant, verdict));
  return verdict.finding(
    `${counted(elsewhere, "identity of a provider", "identities of providers")} in ${counted(context.databases.length, "database")}, and one account with an authenticator app tried at three doors`,
    ": no password beside the former, and none opens the latter alone",
  );
}

/** @returns how many identities there are. */
async function passwordless({ data, name }: OpenedTenant, verdict: Verdict): Promise<number> {
  const env = data.reading(actor);
  const rows = await env.of(externalIdentitiesModel).searchRead([], ["user_id"], { limit: readAtOnce });
  const ids = rows.map((row) => row.user_id.id);
  const both = await env.of(usersModel).search(
    [
      ["id", "in", ids],
      ["password_date", "!=", false],
    ],
    { activeOnly: false, limit: readAtOnce },
  );
  for (const id of both)
    verdict.problem("a user of an identity provider has a password too", `${name}: user ${id}`);
  return rows.length;
}

async function withApp(context: ProbeContext, tenant: OpenedTenant, verdict: Verdict): Promise<void> {
  const person = await canaryPerson(context, tenant, "OWASP-6");
  verdict.expect(
    opened(await person.signIn(person.password)),
    "the password does not open without a factor either, so that refusals prove nothing",
    "before the app was set up",
  );
  const secret = await setUp(context, tenant, person);
  try {
    await passwordAlone(person, verdict);
    await byCodes(context, { tenant, person, secret, verdict });
  } finally {
    await removeApp(tenant, person);
  }
}

/** Its first code is one step old, so that the present one is still good to sign in with. */
async function setUp(
  context: ProbeContext,
  tenant: OpenedTenant,
  { userId }: CanaryPerson,
): Promise<Uint8Array> {
  return tenant.data.writing(actor, async (env) => {
    const { secret, token } = offerSecret(tenant, env, userId);
    const code = totpCode(secret, stepAt(context.clock.now()) - 1);
    await storeApp(tenant, env, { userId, token, code });
    return secret;
  });
}

async function passwordAlone(person: CanaryPerson, verdict: Verdict): Promise<void> {
  const session = await person.signIn(person.password);
  verdict.expect(!opened(session), "a password alone opens a session", `status ${session.status}`);
  const params = {
    service: "common",
    method: "login",
    args: [person.database, person.login, person.password],
  };
  const rpc = await person.post("/jsonrpc", params, "");
  verdict.expect(
    !/"result":[1-9]/.test(rpc.body),
    "a password alone opens the remote API",
    rpc.body.slice(0, 100),
  );
}

async function byCodes(
  context: ProbeContext,
  given: {
    readonly tenant: OpenedTenant;
    readonly person: CanaryPerson;
    readonly secret: Uint8Array;
    readonly verdict: Verdict;
  },
): Promise<void> {
  const { verdict, secret } = given;
  const right = totpCode(secret, stepAt(context.clock.now()));
  const wrong = String((Number(right) + 111_111) % 1_000_000).padStart(6, "0");
  const refused = await signInWith(context, given, wrong);
  verdict.expect(!hasSession(refused), "a wrong code opens", `status ${refused.status}`);
  const taken = await signInWith(context, given, right);
  verdict.expect(hasSession(taken), "the right code does not open", `status ${taken.status}`);
  const again = await signInWith(context, given, right);
  verdict.expect(!hasSession(again), "a code opens twice", `status ${again.status}`);
}

/** The page of the second factor, as a browser comes to it. */
async function signInWith(
  context: ProbeContext,
  { tenant, person }: { readonly tenant: OpenedTenant; readonly person: CanaryPerson },
  code: string,
): Promise<Visited> {
  const base = context.urlOf(tenant.name);
  const form = (path: string, cookie: string, fields: Readonly<Record<string, string>>) =>
    context.visitor(base + path, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "text/html",
        origin: base,
        cookie,
      },
      body: new URLSearchParams(fields).toString(),
    });
  const first = await context.visitor(`${base}/web/login`, { headers: { accept: "text/html" } });
  const visitor = cookieOf(first);
  const { login, password } = person;
  const half = await form("/web/login", visitor, { csrf_token: tokenOf(first), login, password });
  const cookie = `${visitor}; ${cookieOf(half)}`;
  const page = await context.visitor(`${base}/web/login/factor`, {
    headers: { accept: "text/html", cookie },
  });
  return form("/web/login/factor", cookie, { csrf_token: tokenOf(page), code });
}

function tokenOf({ body }: Visited): string {
  return /name="csrf_token" value="([^"]+)"/.exec(body)?.[1] ?? "";
}

function hasSession({ headers }: Visited): boolean {
  return (headers["set-cookie"] ?? []).some((one) => /^__Host-session_id=[A-Za-z0-9_-]{43};/.test(one));
}

function removeApp({ data }: OpenedTenant, { userId }: CanaryPerson): Promise<void> {
  return data.writing(actor, async (env) => {
    const ids = await env.of(totpModel).search([["user_id", "=", userId]]);
    if (ids.length > 0) await env.of(totpModel).unlink(ids);
  });
}
