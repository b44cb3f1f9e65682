import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { passkeysModel } from "@holdfast/framework/identity/factors/models";
import { groupsModel, usersModel } from "@holdfast/framework/identity/models";
import { testUser } from "@holdfast/framework/testing/identity";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { chromiumTrusting } from "./testing/chromium.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

/** Passkeys as people use them: a real Chromium, its virtual authenticator, our strict policies on. */
const password = "quiet lantern over moss";
let run: RunningTest;
let browser: Browser;

before(async () => {
  run = await runningServer();
  await testUser(run.db, { login: "ann", password });
  await testUser(run.db, { login: "bo", password, groups: ["base.portal"] });
  browser = await chromiumTrusting(run.leafPem);
});
after(async () => {
  await browser?.close();
  await run?.stop();
});

/** A person's device: a context with an authenticator that verifies its person, unless told otherwise. */
async function device(options: { readonly verifies?: boolean } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const broken: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && /Content.Security|Trusted/i.test(message.text()))
      broken.push(message.text());
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: options.verifies ?? true,
      automaticPresenceSimulation: true,
    },
  });
  return { context, page, cdp, authenticatorId, broken };
}

const at = (path: string) => `https://acme.localhost:${run.port}${path}`;

async function byPassword(page: Page, login: string): Promise<void> {
  await page.goto(at("/web/login?next=/web/account"));
  await page.getByLabel("Email or login").fill(login);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Sign-out as far as the browser is concerned. */
function forget(context: BrowserContext): Promise<void> {
  return context.clearCookies();
}

function quiet(cdp: CDPSession, authenticatorId: string, enabled: boolean) {
  return cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
}

test("a passkey is created, then signs in alone, then stands in for the code after a password", async () => {
  const { page, context, cdp, authenticatorId, broken } = await device();
  await byPassword(page, "ann");
  await page.waitForURL(at("/web/account"));
  await page.goto(at("/web/account/factors/new"));
  await page.getByLabel("Name of this device or key").fill("Ann's laptop");
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0]?.rpId, "acme.localhost");

  await forget(context);
  await quiet(cdp, authenticatorId, false);
  await byPassword(page, "ann");
  await page.getByRole("heading", { name: "One more step" }).waitFor();
  await quiet(cdp, authenticatorId, true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL(at("/web/account"));

  await forget(context);
  await page.goto(at("/web/login?next=/web/account/factors"));
  await page.waitForURL(at("/web/account/factors"));
  await page.getByRole("button", { name: "Remove Ann's laptop" }).waitFor();
  const rows = await run.db.data
    .reading(run.db.system())
    .of(passkeysModel)
    .searchRead([], ["sign_count", "last_used_at"]);
  assert.ok(Number(rows[0]?.sign_count) >= 2, "its uses are counted");
  assert.deepEqual(broken, [], "no policy was broken");
  await context.close();
});

test("a passkey that does not verify its person signs nobody in alone", async () => {
  const { page, context, cdp, authenticatorId } = await device();
  await byPassword(page, "bo");
  await page.waitForURL(at("/web/account"));
  await page.goto(at("/web/account/factors/new"));
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await forget(context);
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.goto(at("/web/login?next=/web/account"));
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("alert").filter({ hasText: "No passkey was given" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/web/login");
  await context.close();
});

test("a cloned key, an archived person, a removed passkey: nothing opens", async () => {
  const { page, context, cdp, authenticatorId } = await device();
  const login = "cy";
  const id = await testUser(run.db, { login, password });
  await byPassword(page, login);
  await page.waitForURL(at("/web/account"));
  await page.goto(at("/web/account/factors/new"));
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  const refusedNow = async () => {
    await forget(context);
    await page.goto(at("/web/login"));
    await page.getByText("This passkey does not open anything here.").waitFor();
  };
  const change = (work: Parameters<typeof run.db.data.writing<void>>[1]) =>
    run.db.data.writing(run.db.system(), work);
  const keys = await run.db.data
    .reading(run.db.system())
    .of(passkeysModel)
    .search([["user_id", "=", id]]);
  await change((env) => env.of(passkeysModel).write(keys, { sign_count: "4000" }));
  await refusedNow();
  await change((env) => env.of(passkeysModel).write(keys, { sign_count: "0" }));
  await change((env) => env.of(usersModel).write([id], { active: false }));
  await refusedNow();
  await change((env) => env.of(usersModel).write([id], { active: true }));
  await change((env) => env.of(passkeysModel).unlink(keys));
  await refusedNow();
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1, "the device still holds its half");
  await context.close();
});

test("who must have a second factor creates a passkey in the middle of the first sign-in", async () => {
  await testUser(run.db, { login: "dee", password, groups: ["base.portal"] });
  const setRequired = (second_factor: boolean) =>
    run.db.data.writing(run.db.system(), async (env) => {
      const ids = await env.of(groupsModel).search([["key", "=", "base.portal"]]);
      await env.of(groupsModel).write(ids, { second_factor });
    });
  await setRequired(true);
  const { page, context } = await device();
  await byPassword(page, "dee");
  await page.getByRole("heading", { name: "Set up a second step" }).waitFor();
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("link", { name: "I have kept them" }).click();
  await page.waitForURL(at("/web/account"));
  await setRequired(false);
  await context.close();
});
