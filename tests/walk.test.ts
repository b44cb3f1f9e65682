import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type Installation, runClient, startInstallation } from "./installation.ts";
import {
  leavesWhileItSaves,
  makesOneContact,
  typesIntoLinesWhileItSaves,
  typesWhileItSaves,
} from "./slow-line.ts";
import {
  accessible,
  addLine,
  type Backup,
  changeOneByte,
  patient,
  type Restored,
  screenshots,
  setUpApp,
  shot,
  signIn,
  typesADateInParts,
  until,
} from "./walk-steps.ts";

/**
 * The main job of the product, end to end, as its people do it: the operator makes a customer, its
 * administrator imports contacts and sends a quotation, the recipient confirms it, the backup is taken,
 * damaged and restored on the side. One test that reads like the list of the walking skeleton.
 */
const contactsFile = new URL("../apps/contacts/demo/contacts.csv", import.meta.url).pathname;

interface Created {
  readonly customer: { readonly url: string; readonly tenantId: string };
  readonly login: string;
  readonly password: string;
}

type StorageState = Awaited<ReturnType<BrowserContext["storageState"]>>;

let holdfast: Installation;
/** What the operator's browser keeps from the first sign-in on. */
let operatorState: StorageState | undefined;
let browser: Browser;
let acme: Created;
let people: BrowserContext;
let page: Page;
/** The signed address as the recipient finds it in the mail. */
let quotationLink = "";
const annsPassword = "seven oak tables, no chairs";

describe("the walk from bin/up to a proven restore", { concurrency: false }, () => {
  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    holdfast = await startInstallation();
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
      ],
    });
    people = await newPerson();
    page = await people.newPage();
  });

  after(async () => {
    await browser?.close();
    await holdfast?.stop();
  });

  afterEach(async (context) => {
    if (!context.passed && page && !page.isClosed()) await shot(page, `failed-${context.name.slice(0, 30)}`);
  });

  test("bin/up again is quick, changes nothing and says the same addresses", async () => {
    const again = await holdfast.json<Installation["access"]>("demo", "password");
    assert.equal(again.operator.password, holdfast.access.operator.password);
    assert.deepEqual(again.customers[0]?.login, holdfast.access.customers[0]?.login);
  });

  test("the operator creates a customer: a database, roles, a key, files and an address of its own", async () => {
    acme = await holdfast.json<Created>("customer", "create", "acme", "--plan", "paid");
    assert.match(acme.customer.url, /^https:\/\/acme\.localhost:\d+$/);
  });

  test("plain http is only sent to https, and an unknown host gets the fixed 404", async () => {
    const plain = await fetch(`http://127.0.0.1:${holdfast.port}/web/login`, {
      redirect: "manual",
      headers: { host: "acme.localhost" },
    });
    assert.equal(plain.status, 308);
    const stranger = await newPerson();
    const answer = await stranger.request.get(`${acme.customer.url}/`, {
      headers: { host: "nobody.localhost" },
    });
    assert.equal(answer.status(), 404);
    assert.doesNotMatch(await answer.text(), /acme|demo|panel/);
    await stranger.close();
  });

  test("the administrator signs in; a wrong password says nothing about who exists", async () => {
    await page.goto(`${acme.customer.url}/web`);
    await signIn(page, acme.login, "not the password at all");
    const wrong = await page.locator("[role=alert], .message.danger").textContent();
    await signIn(page, "nobody@acme.example", "not the password at all");
    assert.equal(await page.locator("[role=alert], .message.danger").textContent(), wrong);
    await shot(page, "01-sign-in");
    await accessible(page);
    await signIn(page, acme.login, acme.password);
    await page.getByRole("navigation", { name: "Apps" }).waitFor();
    await shot(page, "02-home");
  });

  test("a CSV of a thousand contacts is checked, then imported whole", async () => {
    await page.goto(`${acme.customer.url}/web/res.partner`);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: /Import/ }).click();
    await page.locator("input[type=file]").setInputFiles(contactsFile);
    await shot(page, "03-import-mapping");
    await accessible(page);
    await page.getByRole("button", { name: /^Check/ }).click();
    await page.getByText(/All 1,000 rows are right/).waitFor();
    await page.getByRole("button", { name: /^Import/ }).click();
    await page
      .getByText(/1,000 .*imported/)
      .first()
      .waitFor();
    await shot(page, "04-imported");
  });

  test("contacts are filtered by what one types, opened and edited", async () => {
    await page.goto(`${acme.customer.url}/web/res.partner`);
    await page.getByRole("combobox", { name: /Search/ }).fill("Győr");
    await page.getByRole("option", { name: /City/ }).first().click();
    await page.getByText("Kestrel Logistics Kft.").first().waitFor();
    await shot(page, "05-filtered");
    await accessible(page);
    await page.getByRole("link", { name: "Kestrel Logistics Kft.", exact: true }).first().click();
    await page.getByRole("textbox", { name: "Phone", exact: true }).fill("+44 7700 900999");
    await page.keyboard.press("Alt+s");
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.reload();
    assert.equal(
      await page.getByRole("textbox", { name: "Phone", exact: true }).inputValue(),
      "+44 7700 900999",
    );
    await shot(page, "06-contact");
    await accessible(page);
  });

  test("nothing that is typed while a slow server reads, saves or loses its answer is lost or made twice", async () => {
    const contacts = `${acme.customer.url}/web/res.partner`;
    const contact = page.url().replace(/\?.*/, "");
    await typesWhileItSaves(page, contact);
    await leavesWhileItSaves(page, contact);
    await makesOneContact(page, contacts);
    await typesIntoLinesWhileItSaves(page, `${acme.customer.url}/web/sale.order`, "Kestrel Logistics Kft.");
  });

  test("a quotation with lines is written and sent", async () => {
    await page.goto(`${acme.customer.url}/web/sale.order/new`);
    await page.getByRole("combobox", { name: "Customer", exact: true }).fill("Kestrel Logistics Kft.");
    await page.getByRole("option", { name: /^Kestrel Logistics Kft\.( ?recent)?$/ }).click();
    await addLine(page, { description: "Shelf system, one bay", quantity: "4", price: "155.50" });
    await addLine(page, { description: "Delivery and assembly", quantity: "1", price: "80" });
    await page.keyboard.press("Alt+s");
    await page.getByText("702.00").first().waitFor();
    await typesADateInParts(page);
    await shot(page, "07-quotation");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText(/Sent/).first().waitFor();
    await shot(page, "08-sent");
    await accessible(page);
  });

  test("the outbox needs the operator's login, and holds the mail with the signed link", async () => {
    const stranger = await newPerson();
    const refused = await stranger.request.get(holdfast.access.mailbox, { maxRedirects: 0 });
    assert.notEqual(refused.status(), 200);
    await stranger.close();
    quotationLink = await mailedLink(/quotation/i, acme.customer.url);
  });

  test("a changed and a swapped link are refused alike, and looking confirms nothing", async () => {
    const stranger = await newPerson();
    const changed = quotationLink.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const other = quotationLink.replace("acme.localhost", "demo.localhost");
    const answers = await Promise.all([changed, other].map((link) => stranger.request.get(link)));
    assert.deepEqual(
      answers.map((answer) => answer.status()),
      [404, 404],
    );
    const seen = await stranger.request.get(quotationLink);
    assert.equal(seen.status(), 200);
    assert.equal(seen.headers()["referrer-policy"], "no-referrer");
    await stranger.close();
  });

  test("the recipient, on a phone and not signed in, reads the quotation and accepts it", async () => {
    const phone = await newPerson({ width: 390, height: 844 });
    const recipient = await phone.newPage();
    await recipient.goto(quotationLink);
    await recipient.getByText("702.00").first().waitFor();
    await shot(recipient, "11-recipient");
    await accessible(recipient);
    await recipient.getByLabel(/name/i).fill("Réka Szabó");
    await recipient.getByRole("button", { name: "Accept and order" }).click();
    await recipient
      .getByText(/Réka Szabó/)
      .first()
      .waitFor();
    await shot(recipient, "12-accepted");
    await phone.close();
    await page.reload();
    await page.getByText("Réka Szabó").first().waitFor();
    await shot(page, "13-order");
  });

  test("a forgotten password is replaced through a mailed link that works once", async () => {
    const { url } = demo();
    const ann = await newPerson();
    const visitor = await ann.newPage();
    await visitor.goto(`${url}/web/forgot`);
    await visitor.getByLabel("Email or login").fill("ann");
    await visitor.getByRole("button").click();
    const link = await mailedLink(/password/i, url);
    await visitor.goto(link);
    await visitor.getByLabel("New password").fill(annsPassword);
    await visitor.getByLabel("The same once more").fill(annsPassword);
    await shot(visitor, "14-new-password");
    await visitor.getByRole("button").click();
    await signIn(visitor, "ann", annsPassword);
    await visitor.getByRole("navigation", { name: "Apps" }).waitFor();
    const again = await visitor.request.get(link);
    assert.equal(again.status(), 404);
    await ann.close();
  });

  test("clients of third parties work unchanged; private methods and hidden records are refused", async () => {
    const { url, database, login, password } = demo();
    const hidden = await orderOf("Bo Lindqvist", { url, database, login, password });
    const args = [url, database, "ann", annsPassword, String(hidden)];
    const said = await runClient("tests/foreign-clients.ts", args, holdfast.access.caFile);
    assert.equal(said.exitCode, 0, said.err);
    const answer = JSON.parse(said.out) as Readonly<Record<string, unknown>>;
    assert.deepEqual(answer["found"], [{ id: (answer["created"] as number[])[0], email: "zoe@example.com" }]);
    assert.match(String(answer["privateMethod"]), /does not exist/);
    assert.equal(
      answer["hiddenRecord"],
      String(answer["missingRecord"]).replace("2000000000", String(hidden)),
    );
  });

  test("the operator's panel shows the fleet, and makes a customer from its form", async () => {
    const operator = await operatorPage();
    await operator.goto(`${holdfast.access.operator.url}/web/platform.customer/new`);
    await operator.getByPlaceholder("Name").fill("beta");
    await operator.getByRole("textbox", { name: /e-mail/ }).fill("owner@beta.example");
    await operator.keyboard.press("Alt+s");
    await operator.getByRole("button", { name: "Create database" }).click();
    await operator.getByText("Done").first().waitFor();
    await shot(operator, "15-panel-created");
    await operator.goto(`${holdfast.access.operator.url}/web/platform.database`);
    await operator.getByText("beta").first().waitFor();
    await shot(operator, "16-panel-databases");
    await accessible(operator);
    const beta = operator.locator("[data-row]").filter({ hasText: "beta" });
    await beta.getByRole("link").first().click();
    await operator.getByRole("button", { name: "New data key" }).waitFor();
    const undo = operator.getByRole("button", { name: "Undo restore" });
    assert.equal(await undo.count(), 0, "of what was never restored nothing can be undone");
    await operator.context().close();
  });

  test("a backup lands in three vaults, is read back, and a byte changed in one of them is noticed", async () => {
    const taken = await holdfast.json<{ backup: Backup }>("backup", "take", "acme");
    assert.equal(taken.backup.state, "stored");
    assert.equal(taken.backup.copies.length, 3);
    changeOneByte(join(holdfast.data, "vaults", "eu-west"), taken.backup.backupId);
    const said = await holdfast.holdfast("backup", "verify", "acme", "--json");
    assert.notEqual(said.exitCode, 0, "a damaged backup is no success");
    const verified = JSON.parse(said.out.trim().split("\n").at(-1) ?? "") as { backup: Backup };
    assert.equal(verified.backup.state, "damaged");
    assert.deepEqual(
      verified.backup.copies.filter((copy) => copy.state !== "stored").map((copy) => copy.vault),
      ["eu-west"],
    );
  });

  test("the restore takes another copy, equals the manifest, and the copy is neutralized", async () => {
    const restored = await holdfast.json<Restored>("backup", "restore", "acme", "--as", "acme-check");
    assert.equal(restored.equal, true);
    assert.deepEqual(
      restored.refused.map((copy) => copy.vault),
      ["eu-west"],
    );
    assert.equal(restored.customer.neutralized, true);
    const copy = await newPerson();
    const visitor = await copy.newPage();
    await visitor.goto(`${restored.customer.url}/web`);
    await signIn(visitor, acme.login, acme.password);
    await visitor.goto(`${restored.customer.url}/web/res.partner`);
    await visitor.getByText(/copy/i).first().waitFor();
    await visitor.getByText("1,0").first().waitFor();
    await shot(visitor, "17-neutralized-copy");
    const stale = await visitor.request.get(quotationLink.replace("acme.localhost", "acme-check.localhost"));
    assert.equal(stale.status(), 404);
    await copy.close();
  });

  test("the trust page shows the claims with live evidence, the vaults as simulated", async () => {
    const stranger = await newPerson();
    const visitor = await stranger.newPage();
    await visitor.goto(`${holdfast.access.operator.url}/trust`);
    await visitor.getByText("simulated", { exact: false }).first().waitFor();
    await shot(visitor, "18-trust");
    await accessible(visitor);
    await stranger.close();
  });
});

/** Browsers of their own for each person; the local authority is not in the system's store in a test. */
function newPerson(
  viewport = { width: 1360, height: 860 },
  storageState?: StorageState,
): Promise<BrowserContext> {
  const common = { ignoreHTTPSErrors: true, reducedMotion: "reduce", viewport } as const;
  return browser.newContext(storageState === undefined ? common : { ...common, storageState }).then(patient);
}

/** The first time the operator sets up the second step that the panel asks for; afterwards the browser is signed in. */
async function operatorPage(): Promise<Page> {
  const { url, login, password } = holdfast.access.operator;
  const context = await newPerson(undefined, operatorState);
  const operator = await context.newPage();
  await operator.goto(`${url}/web`);
  if (operatorState === undefined) {
    await signIn(operator, login, password);
    await setUpApp(operator, (step) => shot(operator, `08-${step}`));
  }
  await operator.getByRole("navigation", { name: "Apps" }).waitFor();
  operatorState = await context.storageState();
  return operator;
}

function demo(): Installation["access"]["customers"][number] {
  const [customer] = holdfast.access.customers;
  assert.ok(customer, "there is a demo customer");
  return customer;
}

/** Waits for a mail in the outbox and takes the signed address out of it, as its recipient would. */
async function mailedLink(subject: RegExp, url: string): Promise<string> {
  const operator = await operatorPage();
  await until(async () => {
    await operator.goto(holdfast.access.mailbox);
    return (await operator.getByRole("link", { name: subject }).count()) > 0;
  });
  await shot(operator, "09-outbox");
  await operator.getByRole("link", { name: subject }).first().click();
  const link = await operator.locator(`a[href^="${url}/"]`).first().getAttribute("href");
  await shot(operator, "10-mail");
  await operator.context().close();
  assert.ok(link, "the mail holds an address of the customer");
  return link;
}

/** Id of an order of one salesperson, asked for over JSON-RPC with the administrator's rights. */
async function orderOf(
  salesperson: string,
  as: { readonly url: string; readonly database: string; readonly login: string; readonly password: string },
): Promise<number> {
  const { url, database, login, password } = as;
  const context = await newPerson();
  const ask = async (service: string, method: string, args: readonly unknown[]): Promise<unknown> => {
    const data = { jsonrpc: "2.0", id: 1, method: "call", params: { service, method, args } };
    return ((await (await context.request.post(`${url}/jsonrpc`, { data })).json()) as { result?: unknown })
      .result;
  };
  const uid = await ask("common", "authenticate", [database, login, password, {}]);
  const domain = [["user_id.name", "=", salesperson]];
  const ids = await ask("object", "execute_kw", [database, uid, password, "sale.order", "search", [domain]]);
  await context.close();
  const [first] = ids as number[];
  assert.ok(first, `${salesperson} has an order`);
  return first;
}
