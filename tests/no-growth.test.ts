// What no-n-plus-one.test.ts does not see: statements that grow with what lies behind a record or in the database, not
// with the rows that a call is given.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createAdministrator } from "@holdfast/app-base/create-user";
import { attachmentRoutes } from "@holdfast/framework/files/attachment-routes";
import { accountRoutes } from "@holdfast/framework/identity/account-routes";
import { confirmRoutes } from "@holdfast/framework/identity/confirm-routes";
import { ownFactorsRoutes } from "@holdfast/framework/identity/factors/own-factors-routes";
import { linkRoutes } from "@holdfast/framework/identity/link-routes";
import { providerRoutes } from "@holdfast/framework/identity/providers/provider-routes";
import { signInRoutes } from "@holdfast/framework/identity/sign-in-routes";
import { signUpRoutes } from "@holdfast/framework/identity/sign-up/sign-up-routes";
import { jobRoutes } from "@holdfast/framework/jobs/job-routes";
import { remoteRoutes } from "@holdfast/framework/remote/remote-routes";
import { panelApp } from "@holdfast/panel/app";
import { doorAsks } from "./asked-doors.ts";
import { askedPages, listedPages, uncounted } from "./asked-pages.ts";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { standardArguments } from "./every-method.ts";
import { type Ask, askedMethods, askedVerbs, grown, pageAsks, standingTexts, takingVerbs } from "./growth.ts";
import { RowMaker } from "./made-rows.ts";
import { planted, plantedApp } from "./planted-growth.ts";
import { type Scene, sceneAround } from "./related-rows.ts";

const [few, many] = [2, 12];
const frameworkRoutes = [
  ...signInRoutes,
  ...signUpRoutes,
  ...providerRoutes,
  ...linkRoutes,
  ...ownFactorsRoutes,
  ...accountRoutes,
  ...confirmRoutes,
  ...jobRoutes,
  ...attachmentRoutes,
];
/** Described models that nothing else here looks at: their rows are deleted. */
const described = ["res.lang", "res.country", "uom.uom", "res.currency", "res.country.state", "account.tax"];

let host: CompanyHost;
let maker: RowMaker;
let folder: string;
let cookie = "";
let asked: ReadonlySet<string>;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-growth-"));
  const more = [panelApp({ outboxDir: folder }), plantedApp];
  host = await companyHost({ more, routes: frameworkRoutes, filesDir: folder });
  maker = new RowMaker(host);
  asked = await standingTexts(host);
  await host.database.data.writing(host.database.system(), async (env) => {
    const policies = env.model("hf.signin.policy");
    await policies.write(await policies.search([]), { sign_up: true } as never);
  });
});
after(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

const pages = () =>
  askedPages(
    host,
    [...frameworkRoutes, ...remoteRoutes, ...host.database.registry.apps.flatMap((app) => app.routes ?? [])],
    () => cookie,
  );

/** Around somebody new who may do everything, and who is signed in. */
async function scene(count: number, deletable = false): Promise<Scene> {
  const login = maker.fresh();
  const userId = await host.database.data.writing(host.database.system(), (env) =>
    createAdministrator(env, { login, name: login, email: `${login}@example.test` }),
  );
  const { cookies } = await host.tenant.identity.openSession(userId, {
    source: "127.0.0.1",
    userAgent: "test",
  });
  cookie = cookies.map((one) => one.split(";", 1)[0]).join("; ");
  const named = [["model", "=", described.pop()]];
  const [modelId = 0] = await host.call("admin", "ir.model", "search", [named]);
  const given = new Map([
    ["res.users", userId],
    ["ir.model", modelId as number],
  ]);
  return sceneAround({ host, maker }, { count, given, deletable });
}

/** What happens once, by the clock, is no growth: what grows does so again in a scene that nobody has seen. */
async function growing(asks: readonly Ask[], deletable = false): Promise<ReadonlyMap<string, string>> {
  const scenes = { few: () => scene(few, deletable), many: () => scene(many, deletable) };
  const found = await grown({ host, asked }, asks, scenes);
  if ([...found.keys()].every((name) => planted.includes(name))) return found;
  const again = await grown({ host, asked }, asks, scenes);
  return new Map([...found].filter(([name]) => again.has(name)));
}

const told = (found: ReadonlyMap<string, string>) =>
  [...found].map(([name, how]) => `${name}: ${how}`).join("\n");

test("every page is counted here, or says why it is not: a new one joins by itself", () => {
  const there = new Set(pages().map(({ route }) => route));
  const missing = listedPages().filter((path) => !there.has(path) && uncounted[path] === undefined);
  assert.deepEqual(missing, []);
  for (const path of Object.keys(uncounted))
    assert.ok(listedPages().includes(path), `"${path}" is an exception and no page any more`);
});

test("no door, no page, no method and no verb sends more statements when more lies behind its records, but the planted ones", async () => {
  const verbs = Object.keys(standardArguments).filter((verb) => !takingVerbs.includes(verb));
  const by = { host, maker };
  const asks = [
    ...doorAsks(host),
    ...pageAsks(host, pages(), () => cookie),
    ...askedMethods(by),
    ...askedVerbs(by, verbs),
  ];
  const found = await growing(asks);
  assert.deepEqual([...found.keys()].sort(), planted, told(found));
});

test("deleting and restoring send no more statements when more goes along", async () => {
  const found = await growing(askedVerbs({ host, maker }, takingVerbs), true);
  assert.deepEqual([...found.keys()], [], told(found));
});
