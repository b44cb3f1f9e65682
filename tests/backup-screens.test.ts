import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page, type Route } from "playwright-core";
import { type Installation, startInstallation } from "./installation.ts";
import { keepsTusRules, sendsWithTus, serversOf } from "./tus-program.ts";
import {
  accessible,
  answered,
  type Backup,
  changeOneByte,
  go,
  heldStill,
  patient,
  says,
  screenshots,
  setUpApp,
  shot,
  signIn,
  until,
} from "./walk-steps.ts";

const customer = "demo";
let holdfast: Installation;
let browser: Browser;
let people: BrowserContext;
let page: Page;
let downloaded: Buffer;
let imported = "";
let own: Installation["access"]["customers"][number];

describe("a customer's administrator and their backups", { concurrency: false }, () => {
  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    holdfast = await startInstallation();
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      chromiumSandbox: process.getuid?.() !== 0,
      args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
    people = patient(await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true }));
    page = await people.newPage();
    const [first] = holdfast.access.customers.filter(({ login }) => /admin|ann/.test(login));
    assert.ok(first);
    own = first;
    await holdfast.json("backup", "take", own.name ?? customer);
  });
  after(async () => {
    await browser?.close();
    await holdfast?.stop();
  });

  test("finds backups in the settings, with the age of the last stored and the last proven one", async () => {
    await page.goto(`${own.url}/web`);
    await signIn(page, own.login, own.password);
    await page.getByRole("navigation", { name: "Apps" }).waitFor();
    await page.goto(`${own.url}/backups`);
    await says(page, /Your data is backed up.*Last stored.*Last proven/s);
    await pictures("backups");
    await accessible(page);
  });

  test("sees where each copy lies and what a restore would take, before anything is typed", async () => {
    const newest = page.getByRole("listitem").getByRole("link", { name: /UTC/ }).last();
    await answered(page, () => newest.click());
    const text = (await page.textContent("main")) ?? "";
    for (const place of ["Paris, FR", "Helsinki, FI", "Montreal, CA"]) assert.ok(text.includes(place), place);
    assert.match(text, /key opens it.*copies were whole.*every table is known.*are free.*72 hours/s);
    await pictures("backup");
    await accessible(page);
  });

  test("a wrong name restores nothing; the right one does, and everybody is signed out", async () => {
    await page.getByLabel(/to restore it/).fill("somebody-else");
    const restore = page.getByRole("button", { name: "Restore over live" });
    await answered(page, () => restore.click());
    await says(page, /does not say/, "body");
    await page.goBack();
    await page.getByLabel(/to restore it/).fill(own.name);
    await answered(page, () => restore.click());
    // The page looks again every two seconds, and is the sign-in page once everybody is signed out.
    await heldStill(page, async () => {
      await page
        .getByText(/You can leave this page|Sign in/)
        .first()
        .waitFor();
      await pictures("restoring");
    });
    await until(() => isDone("backup.restore_over"));
    await go(page, `${own.url}/backups`);
    await page.getByLabel("Email or login").waitFor();
    await signIn(page, own.login, own.password);
    await page.goto(`${own.url}/backups`);
    await says(page, /Undo the last restore/);
    await pictures("undo");
  });

  test("undoes it", async () => {
    await page.getByLabel(/to undo it/).fill(own.name);
    await answered(page, () => page.getByRole("button", { name: "Undo the restore" }).click());
    await until(() => isDone("restore.undo"));
  });

  test("downloads it all, in ranges too", async () => {
    await go(page, `${own.url}/backups`);
    if (await page.getByLabel("Email or login").isVisible()) await signIn(page, own.login, own.password);
    // So that it is sent by several pieces.
    assert.equal(await page.evaluate(attachPhoto, 3 * 2 ** 20), 201);
    const { backup } = await holdfast.json<{ backup: Backup }>("backup", "take", own.name);
    const url = `${own.url}/backups/${backup.backupId}/download`;
    const whole = await people.request.get(url);
    assert.equal(whole.status(), 200, await whole.text().catch(() => ""));
    const zip = await whole.body();
    const part = await people.request.get(url, { headers: { range: "bytes=1000-1999" } });
    assert.equal(part.status(), 206);
    assert.ok((await part.body()).equals(zip.subarray(1_000, 2_000)));
    assert.equal(part.headers()["content-range"], `bytes 1000-1999/${zip.length}`);
    downloaded = zip;
  });

  test("takes the zip in again as a backup; what is no such zip is refused with a sentence", async () => {
    await page.goto(`${own.url}/backups/import`);
    await pictures("import");
    await accessible(page);
    const choose = (buffer: Buffer) =>
      page.getByLabel(/The zip/).setInputFiles({ name: "own.zip", mimeType: "application/zip", buffer });
    await choose(Buffer.concat([Buffer.from("PK"), Buffer.alloc(5_000, 7)]));
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.locator("[data-state].danger").waitFor();
    await says(page, /zip/i, "[data-state]");
    await choose(downloaded);
    const line = await linePasses(1);
    await page.getByRole("button", { name: "Take it in" }).click();
    await page.getByText(/^[1-9]\d? % sent$/).waitFor();
    await line.waits();
    // The page is left in the midst of it.
    await page.reload();
    await line.open();
    await says(page, /are here already/);
    await pictures("import-left");
    await accessible(page);
    const from = line.offsets.length;
    await choose(downloaded);
    const cut = await linePasses(1);
    await page.getByRole("button", { name: "Take it in" }).click();
    await cut.waits();
    // The server is killed; the page waits for the next one.
    for (const pid of serversOf(holdfast.data)) process.kill(pid, "SIGKILL");
    await cut.breaks();
    await page.getByText(/It goes on by itself/).waitFor();
    await cut.open();
    await page.getByRole("heading", { name: /^Backup of/ }).waitFor();
    assert.equal(from, 2);
    assert.equal(cut.offsets[0], 2 ** 20, "what the first page had sent is not sent again");
    await says(page, /Imported from/);
    imported = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  });

  test("a program of a third party sends it over TLS, is cut, outlives every server, and has it taken in", () =>
    sendsWithTus({ holdfast, own, zip: downloaded }));

  test("keeps the rules of tus 1.0.0: versions, abilities, offsets, types, and what is gone", () =>
    keepsTusRules({ holdfast, own }));

  test("sees what bringing contacts back would change", async () => {
    await answered(page, () => page.getByRole("link", { name: "Choose" }).click());
    await pictures("parts");
    await accessible(page);
    await page.getByLabel("Contact", { exact: true }).check();
    await page.getByRole("button", { name: "See what would change" }).click();
    await page.getByRole("region", { name: "What changes" }).waitFor();
    await pictures("parts-seen");
    await accessible(page);
  });

  test("every copy of the zip that was taken in rots, and reading it back finds that", async () => {
    for (const vault of ["eu-west", "eu-north", "us-east"])
      changeOneByte(join(holdfast.data, "vaults", vault), imported);
    const said = await holdfast.holdfast("backup", "verify", own.name, "--backup", imported, "--json");
    assert.notEqual(said.exitCode, 0);
  });

  test("erases a person from the contact, after the typed name", async () => {
    const id = await page.evaluate(async () => {
      const params = {
        model: "res.partner",
        method: "create",
        args: [[{ name: "Zelda Quist", email: "zelda.quist@example.com" }]],
        kwargs: {},
      };
      const answer = await fetch("/web/dataset/call_kw", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params }),
      });
      return ((await answer.json()) as { result: number[] }).result[0];
    });
    await page.goto(`${own.url}/contacts/${id}/erase`);
    await pictures("erase");
    await accessible(page);
    await page.getByLabel(/to erase this person/).fill("Zelda");
    const erase = page.getByRole("button", { name: "Erase this person" });
    await answered(page, () => erase.click());
    await says(page, /does not say/, "body");
    await page.goBack();
    await page.getByLabel(/to erase this person/).fill("Zelda Quist");
    await answered(page, () => erase.click());
    await page.getByText("Done", { exact: true }).first().waitFor();
    await go(page, `${own.url}/contacts/${id}/erase`);
    await says(page, /Erase Erased person/);
  });

  test("an operator finds every button at a backup, and checks it before a restore", async () => {
    await asOperator(async ({ url }) => {
      await page.goto(`${url}/web/platform.backup`);
      await page.locator("[data-row]").filter({ hasText: "Stored" }).getByRole("link").first().click();
      const bar = page.locator(".status-buttons").getByRole("button");
      await bar.last().filter({ hasText: "Other actions" }).waitFor();
      assert.deepEqual(await bar.allTextContents(), [
        "Restore on the side",
        "Check before a restore",
        "Read back",
        "Other actions",
      ]);
      await bar.last().click();
      await page.getByRole("menuitem").first().waitFor();
      assert.deepEqual(await page.getByRole("menuitem").allTextContents(), ["Restore over live", "Prove"]);
      await page.keyboard.press("Escape");
      await pictures("panel-backup");
      await accessible(page);
      await bar.nth(1).click();
      await page.getByText("It can be restored over the live database.").waitFor();
      await pictures("panel-check");
      await accessible(page);
      await page.goto(`${url}/backups/check/999999`);
      await says(page, /no such|not found/i, "body");
    });
  });

  test("an operator takes a zip in as a new customer over a slow line: it shows how far it is, and can be cancelled", async () => {
    await asOperator(async ({ url }) => {
      await page.goto(`${url}/backups/import`);
      await pictures("panel-import");
      await accessible(page);
      await page.getByLabel("Host name of the new customer").fill("from-zip");
      await page.getByLabel("Mail address of its administrator").fill("owner@from-zip.example");
      const line = await linePasses(1);
      await page
        .getByLabel(/The zip/)
        .setInputFiles({ name: "own.zip", mimeType: "application/zip", buffer: downloaded });
      await page.getByRole("button", { name: "Take it in" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText(/^[1-9]\d? % sent$/).waitFor();
      await line.waits();
      await pictures("panel-import-sending");
      await accessible(page);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByText("Cancelled. Nothing of it was kept.").waitFor();
      await line.open();
      const left = await page.request.get(`${url}/backups/uploads`);
      assert.deepEqual(await left.json(), { upload: null });
      const made = async () =>
        (await holdfast.json<{ customers: { name: string }[] }>("customer", "list")).customers.some(
          ({ name }) => name === "from-zip",
        );
      assert.equal(await made(), false);
      await page.getByRole("button", { name: "Take it in" }).click();
      await page.waitForURL(/platform\.operation/);
      assert.equal(await made(), true);
    });
  });

  test("is told what is wrong with their backups", async () => {
    await until(async () => {
      await page.goto(`${own.url}/backups`);
      return page.getByRole("heading", { name: "What is wrong" }).isVisible();
    });
    assert.match((await page.textContent("main")) ?? "", /The operator has been told/);
    await pictures("alarms");
    await accessible(page);
  });

  test("whoever is no administrator, and whoever is not signed in, sees nothing of it", async () => {
    const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
    const answer = await stranger.request.get(`${own.url}/backups`, { maxRedirects: 0 });
    assert.ok([303, 401].includes(answer.status()), `${answer.status()}`);
    await stranger.close();
  });
});

async function isDone(wanted: string): Promise<boolean> {
  const { operations } = await holdfast.json<{ operations: { kind: string; state: string }[] }>(
    "operation",
    "list",
  );
  return operations.some(({ kind, state }) => kind === wanted && state === "done");
}

/** Cookies of the operator from the first sign-in on, which sets the second step up. */
let operatorState: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;

/** Does it in an operator's browser; afterwards `page` is the customer's again, whatever came of it. */
async function asOperator(work: (operator: Installation["access"]["operator"]) => Promise<void>) {
  const { operator } = holdfast.access;
  const customers = page;
  const state = operatorState && { storageState: operatorState };
  const context = patient(await browser.newContext({ ignoreHTTPSErrors: true, ...state }));
  try {
    page = await context.newPage();
    await page.goto(`${operator.url}/web`);
    if (operatorState === undefined) {
      await signIn(page, operator.login, operator.password);
      await setUpApp(page, async () => undefined);
    }
    await page.getByRole("navigation", { name: "Apps" }).waitFor();
    operatorState = await context.storageState();
    await work(operator);
  } finally {
    page = customers;
    await context.close();
  }
}

interface Line {
  /** Where each piece that set out begins. */
  readonly offsets: readonly number[];
  /** Until a piece is held. */
  waits(): Promise<void>;
  /** What is held gets lost on the way. */
  breaks(): Promise<void>;
  /** Takes everything from now on. */
  open(): Promise<void>;
}

/** A line that takes so many pieces of a file, then none until the test opens it. */
async function linePasses(pieces: number): Promise<Line> {
  const held: Route[] = [];
  const offsets: number[] = [];
  const hold = async (route: Route): Promise<void> => {
    if (route.request().method() !== "PATCH") return route.fallback();
    offsets.push(Number(route.request().headers()["upload-offset"]));
    if (offsets.length <= pieces) return route.continue();
    held.push(route);
  };
  const pattern = "**/backups/uploads/*";
  await page.route(pattern, hold);
  // What was cancelled meanwhile has no line any more.
  const end = (act: (route: Route) => Promise<void>) =>
    Promise.all(held.splice(0).map((route) => act(route).catch(() => undefined)));
  return {
    offsets,
    waits: () => until(async () => held.length > 0),
    breaks: async () => void (await end((route) => route.abort("connectionreset"))),
    open: async () => {
      await page.unroute(pattern, hold);
      await end((route) => route.continue());
    },
  };
}

/** Runs in the page: hangs so many bytes that do not shrink on a contact. */
async function attachPhoto(bytes: number): Promise<number> {
  const photo = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536)
    crypto.getRandomValues(photo.subarray(at, Math.min(bytes, at + 65_536)));
  const address = "/web/attachments/res.partner/1?name=photo.jpg";
  return (await fetch(address, { method: "POST", body: photo })).status;
}

/** At both widths, light and dark. */
async function pictures(name: string): Promise<void> {
  for (const width of [1_280, 360])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth || (() => { throw new Error('scrolls sideways') })()",
      );
      await shot(page, `backups-${name}-${width}-${colorScheme}`);
    }
  await page.setViewportSize({ width: 1_280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
