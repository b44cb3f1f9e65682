import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { baseApp } from "@holdfast/app-base/app";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import { messagesOf } from "@holdfast/framework/mail/messages";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import { openData } from "@holdfast/framework/model/data-source";
import type { App } from "@holdfast/framework/modules/app";
import { assert } from "@holdfast/kernel/assert";
import type { CompanyHost } from "./company-host.ts";
import type { Product } from "./message-scene.ts";

/** A way in which history or mail would tell what its reader may not read. */
export interface MessageLeak {
  readonly name: string;
  /** The attacker's way that gets a secret by it. */
  readonly by: string;
  /** Source that is changed, `from` stands in it exactly once; or a right that is given. */
  readonly plant: Plant | { readonly reads: string };
}

interface Plant {
  readonly folder: "apps/sales/src" | "software/framework/src/mail";
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** As an app's author would do it who forgets whose eyes read the line. */
const cost = `await env.system("a leak", async (s) => (await s.model("product.template").searchRead([["default_code", "=", "HP-CHA-010"]], ["standard_price"]))[0].standard_price)`;

/** Two in each of history and mail at the least. */
export const messageLeaks: readonly MessageLeak[] = [
  {
    name: "a line of the log tells a product's cost",
    by: "cost by history",
    plant: {
      folder: "apps/sales/src",
      file: "order-state.ts",
      from: "const rows = await readOrders(env, ids);",
      to: `const rows = await readOrders(env, ids); log = { ...log, authorName: "cost " + ${cost} };`,
    },
  },
  {
    name: "the log of a hidden record is read",
    by: "limit by history",
    plant: {
      folder: "software/framework/src/mail",
      file: "messages.ts",
      from: 'await env.model(model).read([id], ["id"]);',
      to: "",
    },
  },
  { name: "lines of all logs can be searched", by: "limit by lines", plant: { reads: "mail.message" } },
  {
    name: "the mailed quotation tells a product's cost",
    by: "cost by mail",
    plant: {
      folder: "apps/sales/src",
      file: "send-quotation.ts",
      from: "const mails = addressed.map((one, at) => mailOf(one,",
      to: `const cost = ${cost};
  const mails = addressed.map((one, at) => mailOf({ ...one, customer: one.customer + " cost " + cost },`,
    },
  },
  {
    name: "the mail that shares a quotation tells a product's cost",
    by: "cost by mail",
    plant: {
      folder: "apps/sales/src",
      file: "share-quotation.ts",
      from: 'const from = company?.name ?? "";',
      to: `const from = (company?.name ?? "") + " cost " + ${cost};`,
    },
  },
  { name: "outgoing mails can be searched", by: "limit by outgoing mails", plant: { reads: "mail.mail" } },
];

/** Runs the work with the host's own database, behind a product in which the leak is planted. */
export async function withMessageLeak(
  host: CompanyHost,
  { plant }: MessageLeak,
  work: (product: Product) => Promise<void>,
): Promise<void> {
  if ("reads" in plant) {
    const right = { group: "sales.user", model: plant.reads, allow: ["read"] } as const;
    return work(product(host, { ...salesApp, rights: [...(salesApp.rights ?? []), right] }));
  }
  const folder = mkdtempSync(join(tmpdir(), "holdfast-leak-"));
  try {
    const load = copyWith(plant, folder);
    if (plant.folder === "apps/sales/src")
      await work(product(host, ((await load("app.ts")) as { salesApp: App }).salesApp));
    else await work({ ...product(host, salesApp), ...((await load(plant.file)) as Partial<Product>) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function product({ database: { database } }: CompanyHost, sales: App): Product {
  const registry = buildRegistry([baseApp, contactsApp, productsApp, sales]);
  return { data: openData({ database, registry }), messagesOf };
}

/** Everything around the copied folder stays the real one. */
function copyWith({ folder, file, from, to }: Plant, scratch: string): (file: string) => Promise<unknown> {
  const root = join(import.meta.dirname, "..");
  const src = join(scratch, "src");
  const copy = folder.startsWith("apps") ? src : join(src, "mail");
  cpSync(join(root, folder), copy, { recursive: true });
  if (copy !== src)
    for (const name of ["model", "http", "identity", "access"])
      symlinkSync(join(root, folder, "..", name), join(src, name));
  symlinkSync(join(root, "node_modules"), join(scratch, "node_modules"));
  writeFileSync(join(scratch, "package.json"), '{"type":"module"}');
  const text = readFileSync(join(copy, file), "utf8");
  assert(text.split(from).length === 2, `the source of the leak stands in ${file} exactly once`);
  writeFileSync(
    join(copy, file),
    text.replace(from, () => to),
  );
  return (name) => import(pathToFileURL(join(copy, name)).href);
}
