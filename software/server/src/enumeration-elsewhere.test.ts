import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { usersModel } from "@holdfast/framework/identity/models";
import { securityLogModel } from "@holdfast/framework/identity/security-log-model";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { type TestDirectory, testDirectory } from "@holdfast/framework/testing/slapd";
import { type Answer, type TestBrowser, tokenOf } from "./testing/browser.ts";
import { comparable } from "./testing/comparable-answer.ts";
import { openIdProvider, type TestOpenIdProvider } from "./testing/openid-provider.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

/** How many names of each kind; as many that exist as that do not. */
const names = runDepth().deep ? 1_000 : 12;
const timeout = runDepth().deep ? 900_000 : 120_000;
const password = "quiet lantern over moss";
let run: RunningTest;
let slapd: TestDirectory;
let openid: TestOpenIdProvider;
let directory: string;
let elsewhere: string;

/** In the directory alone; here too, without a password; here and archived; here, and not in the directory. */
const kinds = ["there", "both", "gone", "here"] as const;
const knownName = (n: number) => `${kinds[n % kinds.length]}${n}`;
const knownMail = (n: number) => `${n % 2 === 0 ? "linked" : "left"}${n}@acme.example`;

before(async () => {
  const all = Array.from({ length: names }, (_, n) => knownName(n));
  const people = all.filter((name) => !name.startsWith("here")).map((uid) => ({ uid, password }));
  [run, slapd] = await Promise.all([
    runningServer([identityApp], { trustedProxies: ["127.0.0.1", "::1"] }),
    testDirectory(people),
  ]);
  openid = await openIdProvider(run.browser().origin);
  await testUser(run.db, { login: "admin", password, groups: ["base.admin"] });
  for (const login of all.filter((name) => !name.startsWith("there"))) await testUser(run.db, { login });
  for (let n = 0; n < names; n++) await testUser(run.db, { login: knownMail(n) });
  await run.db.data.writing(run.db.system(), async (env) => {
    const users = env.of(usersModel);
    const ids = [
      ...(await users.search([["login", "like", "gone"]])),
      ...(await users.search([["login", "like", "left"]])),
    ];
    await users.write(ids, { active: false });
  });
  const admin = run.browser();
  await admin.submit("/web/login", { login: "admin", password });
  directory = await addProvider(admin, {
    kind: "ldap",
    url: slapd.ldaps,
    client_id: slapd.bindDn,
    secret: slapd.bindPassword,
    ca_pem: slapd.caPem,
    base_dn: slapd.baseDn,
    login_attribute: "uid",
    create_users: "yes",
  });
  elsewhere = await addProvider(admin, {
    kind: "oidc",
    url: openid.issuer,
    client_id: openid.clientId,
    secret: openid.clientSecret,
    ca_pem: openid.caPem,
  });
});
after(async () => {
  await Promise.all([openid?.stop(), slapd?.stop(), run?.stop()]);
});

/** As its administrator does. @returns the provider's id. */
async function addProvider(admin: TestBrowser, form: Readonly<Record<string, string>>): Promise<string> {
  const path = `/settings/providers/new?kind=${form["kind"]}`;
  const page = await admin.ask(path);
  const saved = await admin.post("/settings/providers/new", {
    csrf_token: tokenOf(page.body),
    name: "Acme accounts",
    active: "yes",
    allow_private: "yes",
    ...form,
  });
  assert.equal(saved.status, 303, saved.body);
  return /(\d+)$/.exec(saved.headers["location"] ?? "")?.[1] ?? "";
}

/** Each from an address of its own, behind a proxy that is believed, so that no count meets another. */
let asked = 0;
function from(): Readonly<Record<string, string>> {
  const n = ++asked;
  return { "x-forwarded-for": `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` };
}

/** Asks for each name in a browser of its own. @returns the answers that differ, each with the names that got it. */
async function answersTo(
  pairs: Iterable<string>,
  ask: (browser: TestBrowser, name: string) => Promise<readonly Answer[]>,
): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>();
  for (const name of pairs) {
    const browser = run.browser();
    const text = (await ask(browser, name)).map((answer) => comparable(answer, name)).join("\n");
    browser.close();
    answers.set(text, [...(answers.get(text) ?? []), name]);
  }
  return answers;
}

function* interleaved(known: (n: number) => string, unknown: (n: number) => string): Generator<string> {
  for (let n = 0; n < names; n++) yield* [known(n), unknown(n)];
}

function allAlike(answers: ReadonlyMap<string, readonly string[]>): void {
  const found = [...answers].map(([text, who]) => `${who[0]}: ${text}`);
  assert.equal(found.length, 1, found.slice(0, 2).join("\n\n"));
  assert.equal([...answers.values()][0]?.length, names * 2);
}

const logged = (event: "sign_in", method: string) =>
  run.db.data
    .reading(run.db.system())
    .of(securityLogModel)
    .count([
      ["event", "=", event],
      ["method", "=", method],
      ["outcome", "=", "refused"],
    ]);

test(`a directory's sign-in answers ${names} names that exist and ${names} that do not with the same bytes and status`, {
  timeout,
}, async () => {
  assert.notEqual(directory, "");
  const names = interleaved(knownName, (n) => `nobody${n}`);
  allAlike(
    await answersTo(names, async (browser, login) => [
      await browser.submit("/web/login", { login, password: "not the right one" }, { headers: from() }),
    ]),
  );
  const first = run.browser();
  const right = await first.submit("/web/login", { login: "there0", password }, { headers: from() });
  assert.equal(right.status, 303, "the directory was asked: with the right password one gets in");
});

test(`linking by OpenID answers ${names} mails that exist and ${names} that do not with the same bytes and status`, {
  timeout,
}, async () => {
  const before = await logged("sign_in", `oidc:${elsewhere}`);
  const mails = interleaved(knownMail, (n) => `nobody${n}@acme.example`);
  allAlike(
    await answersTo(mails, async (browser, email) => {
      openid.account = { sub: `person ${email}`, email, email_verified: true, name: "A person" };
      const away = await browser.ask(`/web/oidc/${elsewhere}`, { headers: from() });
      const back = new URL(await openid.visit(away.headers["location"] ?? ""));
      const answer = await browser.ask(back.pathname + back.search, { headers: from() });
      const page = await browser.ask(answer.headers["location"] ?? "", { headers: from() });
      return [answer, page];
    }),
  );
  const refused = (await logged("sign_in", `oidc:${elsewhere}`)) - before;
  assert.equal(refused, names * 2, "each came as far as the question whose account it is");
});
