import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mailLimitsModel } from "@holdfast/framework/mail/limits-model";
import { messagesOf } from "@holdfast/framework/mail/messages";
import { runDepth } from "@holdfast/framework/testing/run-depth";
import { type CaughtMails, caughtMails } from "./caught-mails.ts";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { annAttacks } from "./message-attacker.ts";
import { boWorks, leastSecret, type Product } from "./message-scene.ts";
import { messageLeaks, withMessageLeak } from "./planted-message-leaks.ts";

const { deep, seed } = runDepth();
let host: CompanyHost;
let mails: CaughtMails;

before(async () => {
  host = await companyHost();
  mails = await caughtMails(host);
  // Many more mails are sent here than people may send in a day.
  await host.database.data.writing(host.database.system(), async (env) => {
    const limits = env.of(mailLimitsModel);
    await limits.write(await limits.search([]), { per_person: 100_000, together: 100_000 });
  });
});
after(async () => {
  await mails.close();
  await host.close();
});

const secrets = (at: number) => ({
  cost: leastSecret + ((at * 3_571) % 9_000),
  limit: leastSecret + (((at + 1) * 6_151) % 9_000),
});
const attacked = async (product: Product, at: number) => {
  const scene = { host, mails, ...product };
  return annAttacks(scene, await boWorks(scene, secrets(at)));
};

test("logs and mails tell nothing that their reader may not read: the same words whatever the secrets are", async (t) => {
  const product = { data: host.tenant.data, messagesOf };
  const first = await attacked(product, seed);
  let asked = first.told.length;
  for (let more = 1; more === 1 || (deep && asked < 10_000); more++) {
    const again = await attacked(product, seed + more);
    assert.deepEqual(again, first);
    asked += again.told.length;
  }
  t.diagnostic(`seed ${seed}, ${asked} answers`);
});

for (const leak of messageLeaks)
  test(`the attacker knows the secret if ${leak.name}`, () =>
    withMessageLeak(host, leak, async (product) => {
      for (const at of [5, 12]) {
        const { found } = await attacked(product, at);
        const { cost, limit } = secrets(at);
        assert.equal(found.get(leak.by), leak.by.startsWith("cost") ? cost : limit);
      }
    }));
