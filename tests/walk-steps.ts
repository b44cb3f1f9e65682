import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { totpCode } from "@holdfast/framework/identity/totp/totp";
import type { BrowserContext, Page, Route } from "playwright-core";

/** Where pictures go: CI keeps the folder. */
export const screenshots =
  process.env["HOLDFAST_ARTEFACTS"] ?? new URL("../artefacts", import.meta.url).pathname;

/** What the command line says of a backup. */
export interface Backup {
  readonly backupId: string;
  readonly state: string;
  readonly copies: readonly { readonly vault: string; readonly state: string }[];
}

/** What it says of a restore. */
export interface Restored {
  readonly equal: boolean;
  readonly refused: readonly { readonly vault: string }[];
  readonly customer: { readonly url: string; readonly neutralized: boolean };
}

const longestWaitMs = 180_000;

/** A busy machine may take long over each step: only what never happens is a failure. */
export function patient(context: BrowserContext): BrowserContext {
  context.setDefaultTimeout(longestWaitMs);
  context.setDefaultNavigationTimeout(longestWaitMs);
  return context;
}

/** Fills the sign-in page in, sends it, and waits for the page that answers it. */
export async function signIn(on: Page, login: string, password: string): Promise<void> {
  await on.getByLabel("Email or login").fill(login);
  await on.getByLabel("Password", { exact: true }).fill(password);
  await answered(on, () => on.getByRole("button", { name: "Sign in", exact: true }).click());
}

/** Waits until the next page is there whole: a click returns before it came. */
export async function answered(on: Page, act: () => Promise<unknown>): Promise<void> {
  await on.waitForLoadState("load");
  const loaded = on.waitForEvent("load");
  loaded.catch(() => undefined);
  await act();
  await loaded;
}

/** Waits until the page says it. */
export async function says(on: Page, wanted: RegExp, within = "main"): Promise<void> {
  const found = on.locator(within).filter({ hasText: wanted }).first();
  await found.waitFor().catch(() => undefined);
  assert.match((await on.textContent(within)) ?? "", wanted);
}

/** Keeps a page that goes on to another by itself as it is, while one looks at it; it stays so until one leaves. */
export async function heldStill(on: Page, look: () => Promise<unknown>): Promise<void> {
  const leaving: Route[] = [];
  const hold = (route: Route): Promise<void> | undefined => {
    if (!route.request().isNavigationRequest()) return route.fallback();
    leaving.push(route);
    return undefined;
  };
  await on.route("**/*", hold);
  try {
    await look();
  } finally {
    await on.unroute("**/*", hold);
    await Promise.all(leaving.map((route) => route.abort("aborted").catch(() => undefined)));
  }
}

const goTries = 5;

/** Leaves a page that goes on by itself: the one navigation may come in the way of the other. */
export async function go(on: Page, url: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return void (await on.goto(url));
    } catch (error) {
      if (tried >= goTries || !/interrupted by another navigation|ERR_ABORTED/.test(String(error)))
        throw error;
    }
  }
}

/** Sets an authenticator app up, as the page in the middle of a sign-in asks, and keeps the recovery codes. */
export async function setUpApp(on: Page, look: (step: string) => Promise<unknown>): Promise<void> {
  const key = (await on.locator("code.secret").textContent()) ?? "";
  await accessible(on);
  await look("set-up");
  const code = totpCode(fromBase32(key), Math.floor(Date.now() / 30_000));
  await on.getByLabel("Code that the app shows").fill(code);
  await on.getByRole("button", { name: "Set up the app" }).click();
  await on.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await accessible(on);
  await look("recovery-codes");
  await on.getByRole("link", { name: "I have kept them" }).click();
}

function fromBase32(text: string): Uint8Array {
  const signs = [...text.replaceAll(" ", "")].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign));
  const bits = signs.map((sign) => sign.toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}

/** Writes one more line into a quotation. */
export async function addLine(
  on: Page,
  line: { readonly description: string; readonly quantity: string; readonly price: string },
): Promise<void> {
  const lines = on.getByRole("table", { name: "Lines" });
  const number = (await lines.getByRole("textbox", { name: /^Description/ }).count()) + 1;
  await on.getByRole("button", { name: "Add a line" }).click();
  const cell = (name: string) => lines.getByRole("textbox", { name: `${name}, line ${number}`, exact: true });
  // A new line takes the focus once it is drawn; typing before that would be cut off by it.
  await lines.locator(`[aria-label="Product, line ${number}"]:focus`).waitFor();
  await cell("Description").fill(line.description);
  await cell("Quantity").fill(line.quantity);
  await cell("Unit price").fill(line.price);
  await on.keyboard.press("Tab");
}

/** Takes the day out of a quotation's date: it is not saved, the form says why, and the rest of the form stands. */
export async function typesADateInParts(on: Page): Promise<void> {
  const day = on.getByRole("spinbutton", { name: "day, Valid until" });
  const whole = await day.textContent();
  await day.click();
  await on.keyboard.press("Backspace");
  await on.keyboard.press("Backspace");
  await on.keyboard.press("Alt+s");
  const said = on.getByText("Valid until is only partly filled in", { exact: false });
  await said.waitFor();
  await day.click();
  await on.keyboard.type(whole ?? "");
  await said.waitFor({ state: "detached" });
}

/** Nothing that automatic rules of WCAG 2.2 AA find wrong. */
export async function accessible(on: Page): Promise<void> {
  // What fades has not the contrast that people see. A button may begin to while the rules are applied: so none does.
  await on.emulateMedia({ reducedMotion: "reduce" });
  await on.evaluate(
    "Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished))",
  );
  const { violations } = await new AxeBuilder({ page: on })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  await on.emulateMedia({ reducedMotion: null });
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(", ")}`,
  );
  assert.deepEqual(found, []);
}

/** Leaves a picture for people to look at. */
export function shot(on: Page, name: string): Promise<unknown> {
  return on.screenshot({ path: join(screenshots, `${name}.png`), animations: "disabled" });
}

/** Waits for a condition of the outer world, which a busy machine may take {@link longestWaitMs} to bring about. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const started = Date.now(); Date.now() - started < longestWaitMs; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.fail(`the condition did not come to hold within ${longestWaitMs / 1_000} s`);
}

/** Breaks one copy of a backup, as bit rot would: one byte in the middle of its file. */
export function changeOneByte(vault: string, backupId: string): void {
  const path = readdirSync(vault, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(`${backupId}.hfb`))
    .map((name) => join(vault, name))[0];
  assert.ok(path, "the vault holds the backup");
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}
