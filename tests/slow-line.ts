import assert from "node:assert/strict";
import type { Page, Route } from "playwright-core";
import { addLine, until } from "./walk-steps.ts";

/** Calls of one method that are held on their way, as a slow line or a busy server would. */
interface Held {
  /** How many have set out. */
  count(): number;
  /** Lets them all go, and those that follow. */
  release(): Promise<void>;
  /** The server does what is held, and its answers get lost on the way; those that follow pass. */
  lose(): Promise<void>;
}

async function hold(page: Page, method: string): Promise<Held> {
  const pattern = `**/web/dataset/call_kw/*/${method}`;
  const waiting: Route[] = [];
  let seen = 0;
  let open = false;
  await page.route(pattern, (route) => {
    seen += 1;
    if (open) return route.continue();
    waiting.push(route);
    return undefined;
  });
  return {
    count: () => seen,
    release: async () => {
      open = true;
      for (const route of waiting.splice(0)) await route.continue();
    },
    lose: async () => {
      open = true;
      for (const route of waiting.splice(0)) {
        await route.fetch();
        await route.abort();
      }
    },
  };
}

/** Waits until so many calls are held. */
async function underWay(held: Held, count: number): Promise<void> {
  await until(() => Promise.resolve(held.count() >= count));
}

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const isSaved = (page: Page) => page.getByText("Saved", { exact: true }).waitFor();
const unsaved = (page: Page) => page.getByText("Not saved yet").waitFor();

/** A form that is still being read has nothing to type into, and a save that takes long loses nothing. */
export async function typesWhileItSaves(page: Page, contact: string): Promise<void> {
  const reading = await hold(page, "web_read");
  await page.goto(contact);
  await underWay(reading, 1);
  assert.equal(await page.locator(".form-screen :is(input, textarea, select)").count(), 0);
  await reading.release();

  const writing = await hold(page, "write");
  await field(page, "Phone").fill("+44 7700 900001");
  await page.keyboard.press("Alt+s");
  await underWay(writing, 1);
  await field(page, "City").fill("Ventspils");
  await field(page, "Phone").fill("+44 7700 900002");
  await page.keyboard.press("Alt+s");
  await writing.release();
  await isSaved(page);
  await page.unrouteAll();
  await page.reload();
  assert.equal(await field(page, "Phone").inputValue(), "+44 7700 900002");
  assert.equal(await field(page, "City").inputValue(), "Ventspils");
}

/** Whoever leaves while a save is under way has what they typed since saved too. */
export async function leavesWhileItSaves(page: Page, contact: string): Promise<void> {
  await page.goto(contact);
  const writing = await hold(page, "write");
  await field(page, "City").fill("Cēsis");
  await page.keyboard.press("Alt+s");
  await underWay(writing, 1);
  await field(page, "Street").fill("Rīgas iela 7");
  await page
    .getByRole("navigation", { name: "Apps" })
    .getByRole("link", { name: "Contacts" })
    .first()
    .click();
  await writing.release();
  await page.getByRole("combobox", { name: /Search/ }).waitFor();
  await page.unrouteAll();
  await page.goto(contact);
  assert.equal(await field(page, "City").inputValue(), "Cēsis");
  assert.equal(await field(page, "Street").inputValue(), "Rīgas iela 7");
}

/** Saved twice, typed into meanwhile, and its answer lost: it is made once, and all of it is there. */
export async function makesOneContact(page: Page, list: string): Promise<void> {
  await page.goto(`${list}/new`);
  const making = await hold(page, "create");
  await field(page, "Name").fill("Vera Twice");
  await page.keyboard.press("Alt+s");
  await underWay(making, 1);
  await page.keyboard.press("Alt+s");
  await field(page, "Email").fill("vera@twice.example");
  await making.lose();
  await page.waitForURL(/\/res\.partner\/\d+$/);
  await isSaved(page);
  // The cell with the cursor is still the same, so that the next key lands in it.
  await page.keyboard.type("!");
  assert.equal(await field(page, "Email").inputValue(), "vera@twice.example!");
  await page.keyboard.press("Backspace");
  await page.reload();
  assert.equal(await field(page, "Email").inputValue(), "vera@twice.example");
  await page.goto(`${list}?q=${encodeURIComponent("Vera Twice")}`);
  const found = page.getByRole("link", { name: "Vera Twice", exact: true });
  await found.first().waitFor();
  assert.equal(await found.count(), 1);
}

/** A line that is typed into while its quotation is made: neither lost nor made twice. */
export async function typesIntoLinesWhileItSaves(
  page: Page,
  orders: string,
  customer: string,
): Promise<void> {
  await page.goto(`${orders}/new`);
  await page.getByRole("combobox", { name: "Customer", exact: true }).fill(customer);
  await page.getByRole("option", { name: customer }).first().click();
  await addLine(page, { description: "Assembly on a Saturday", quantity: "1", price: "10" });
  const making = await hold(page, "create");
  await page.keyboard.press("Alt+s");
  await underWay(making, 1);
  const quantity = page.getByRole("textbox", { name: "Quantity, line 1", exact: true });
  await quantity.fill("3");
  await making.release();
  await page.waitForURL(/\/sale\.order\/\d+$/);
  await unsaved(page);
  await page.keyboard.press("Alt+s");
  await isSaved(page);
  await page.unrouteAll();
  await page.reload();
  await quantity.waitFor();
  assert.equal(await quantity.inputValue(), "3");
  assert.equal(await page.getByRole("textbox", { name: /^Description/ }).count(), 1);
}
