import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testUser } from "@holdfast/framework/testing/identity";
import type { Browser, Page } from "playwright-core";
import { chromiumTrusting } from "./testing/chromium.ts";
import { type RunningTest, runningServer } from "./testing/running.ts";

/** The meter beside a new password, in a real Chromium under our policies. */
const password = "quiet lantern over moss";
let run: RunningTest;
let browser: Browser;

before(async () => {
  run = await runningServer();
  await testUser(run.db, { login: "ann", password });
  browser = await chromiumTrusting(run.leafPem);
});
after(async () => {
  await browser?.close();
  await run?.stop();
});

const at = (path: string) => `https://acme.localhost:${run.port}${path}`;

async function accountPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(at("/web/login?next=/web/account"));
  await page.getByLabel("Email or login").fill("ann");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(at("/web/account"));
  return page;
}

test("the meter says how many characters are missing, what is easy to guess and what is good, and asks nobody", async () => {
  const page = await accountPage();
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    // The browser fetches the page's icon whenever it likes.
    if (!request.url().endsWith("/assets/holdfast.svg")) elsewhere.push(request.url());
  });
  const field = page.getByLabel("New password");
  const said = page.locator(".strength [role=status]");
  const saying = async (text: string, wanted: RegExp) => {
    await field.fill(text);
    assert.match((await said.textContent()) ?? "", wanted, text);
  };
  await saying("moss", /^11 more characters$/);
  await saying("x".repeat(14), /^1 more character$/);
  await saying("x".repeat(15), /easy to guess/);
  await saying("ann ann ann ann ann", /easy to guess/);
  await saying("abcdefghijklmnopqrst", /easy to guess/);
  await saying("four plain words here", /enough|good/);
  await saying("quiet lantern over moss, twice a year", /^very good$/);
  assert.deepEqual(elsewhere, [], "nothing leaves the page while somebody types");
  await page.close();
});

test("a password is changed from the page, and the API keys end unless the person says no", async () => {
  const page = await accountPage();
  assert.equal(await page.getByLabel(/End my API keys/).isChecked(), true);
  await page.getByLabel("Password now").fill(password);
  await page.getByLabel("New password").fill("another lantern, less quiet");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText(/API keys no longer work/).waitFor();
  await page.close();
});
