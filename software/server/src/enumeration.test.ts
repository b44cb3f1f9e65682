import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { usersModel } from "@holdfast/framework/identity/models";
import { policyModel } from "@holdfast/framework/identity/policy-model";
import { ensureSignInPolicy } from "@holdfast/framework/identity/signin-policy";
import { testUser } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import type { Answer, TestBrowser } from "./testing/browser.ts";
import { comparable } from "./testing/comparable-answer.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

/** How many names of each kind; as many that exist as that do not. */
const names = runDepth().deep ? 1_000 : 25;
let run: RunningTest;

before(async () => {
  run = await runningServer([identityApp], { trustedProxies: ["127.0.0.1", "::1"] });
  for (let n = 0; n < names; n++) await testUser(run.db, personOf(n));
  await run.db.data.writing(run.db.system(), async (env) => {
    const ids = await env.of(usersModel).search([["login", "like", "gone"]]);
    await env.of(usersModel).write(ids, { active: false });
    await ensureSignInPolicy(env);
    await env.of(policyModel).write(await env.of(policyModel).search([]), { sign_up: true });
  });
});
after(() => run.stop());

/** Of those that exist, some have a password, some were only invited, some were archived. */
function personOf(n: number) {
  const login = `${["ann", "invited", "gone"][n % 3]}${n}@acme.example`;
  return n % 3 === 1 ? { login } : { login, password: "quiet lantern over moss" };
}

/** Each from an address of its own, behind a proxy that is believed, so that no count meets another. */
const from = (n: number) => ({ "x-forwarded-for": `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` });

type Door = (
  browser: TestBrowser,
  login: string,
  headers: Readonly<Record<string, string>>,
) => Promise<Answer>;
const wrong = "not the right one";
const rpc = (params: unknown) => ({ jsonrpc: "2.0", id: 1, method: "call", params });

const doors: Readonly<Record<string, Door>> = {
  "the sign-in page": (browser, login, headers) =>
    browser.submit("/web/login", { login, password: wrong }, { headers }),
  "the door for clients with a session": (browser, login, headers) =>
    browser.json("/web/session/authenticate", rpc({ login, password: wrong }), { headers }),
  "JSON-RPC": (browser, login, headers) =>
    browser.json("/jsonrpc", rpc({ service: "common", method: "login", args: ["acme", login, wrong] }), {
      headers,
    }),
  "XML-RPC": (browser, login, headers) =>
    browser.ask("/xmlrpc/2/common", {
      method: "POST",
      headers: { "content-type": "text/xml", ...headers },
      body: `<?xml version="1.0"?><methodCall><methodName>authenticate</methodName><params>${[
        "acme",
        login,
        wrong,
      ]
        .map((text) => `<param><value><string>${text}</string></value></param>`)
        .join("")}<param><value><struct></struct></value></param></params></methodCall>`,
    }),
  "the forgotten password": (browser, login, headers) =>
    browser.submit("/web/forgot", { login }, { headers }),
  "signing up": (browser, login, headers) => browser.submit("/web/signup", { email: login }, { headers }),
  "a passkey alone": (browser, login, headers) =>
    browser.json("/web/login/passkey/options", { login }, { headers }),
};

let asked = 0;
for (const [name, door] of Object.entries(doors))
  test(`${name} answers ${names} names that exist and ${names} that do not with the same bytes and status`, async () => {
    const answers = new Map<string, string[]>();
    for (let n = 0; n < names; n++)
      for (const login of [personOf(n).login, `nobody${n}@acme.example`]) {
        const browser = run.browser();
        const answer = await door(browser, login, from(++asked));
        browser.close();
        const text = comparable(answer, login);
        answers.set(text, [...(answers.get(text) ?? []), login]);
      }
    const kinds = [...answers].map(([text, logins]) => `${logins[0]}: ${text}`);
    assert.equal(kinds.length, 1, kinds.slice(0, 2).join("\n\n"));
    assert.equal([...answers.values()][0]?.length, names * 2);
  });
