// What runs by itself: how many statements a round sends for what waits, and for what there is to sweep.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { publicActor } from "@holdfast/framework/access/actor";
import { html } from "@holdfast/framework/http/html-tag";
import { queueJob, runJobs, sweepJobs } from "@holdfast/framework/jobs/job-queue";
import { nextSending } from "@holdfast/framework/mail/next-sending";
import { pumpMail } from "@holdfast/framework/mail/pump";
import { queueMails } from "@holdfast/framework/mail/queue";
import { sweepTrash } from "@holdfast/framework/model/trash/sweep";
import { sweepOnce } from "@holdfast/framework/remote/call-once";
import { pumpWebhooks, sweepDeliveries } from "@holdfast/framework/webhooks/pump";
import { ManualClock } from "@holdfast/kernel/clock";
import { type CompanyHost, companyHost } from "./company-host.ts";
import { grown, sentBut, standingTexts } from "./growth.ts";
import { RowMaker } from "./made-rows.ts";
import { sceneAround } from "./related-rows.ts";

const clock = new ManualClock(Date.now());
const yearMs = 366 * 86_400_000;
/** Fewer than a claim of a queue takes. */
const [few, many] = [2, 8];
/**
 * Statements for each thing that is sent or run: what became of it is noted at once, in a transaction of its own, so
 * that a process that dies repeats one and not all. These only shrink.
 */
const each = { mail: 2, message: 4, job: 6 };

let host: CompanyHost;
let maker: RowMaker;
let asked: ReadonlySet<string>;
before(async () => {
  host = await companyHost({ clock });
  maker = new RowMaker(host);
  asked = await standingTexts(host);
});
after(() => host.close());

const countOf = async (work: () => Promise<unknown>) => (await sentBut(host, asked, work)).length;
const writing = <T>(work: Parameters<typeof host.database.data.writing<T>>[1]) =>
  host.database.data.writing(host.database.system(), work);

/** @param fill - puts so many into a queue. @returns statements for one more of them. */
async function slope(
  fill: (count: number) => Promise<unknown>,
  run: () => Promise<unknown>,
): Promise<number> {
  await fill(few);
  const less: number = await countOf(run);
  await fill(many);
  const more: number = await countOf(run);
  return (more - less) / (many - few);
}

test("mails are claimed in as many statements as one, and each is noted as it is sent", async () => {
  const mail = (n: number) => ({
    to: `to${n}@example.test`,
    subject: "Hello",
    html: html`<p>Hello</p>`,
    text: "Hello",
  });
  const fill = (count: number) =>
    writing((env) =>
      queueMails(
        env,
        Array.from({ length: count }, (_, n) => mail(n)),
      ),
    );
  const transport = { send: async () => ({ kind: "accepted" as const }), close: () => undefined };
  assert.equal(await slope(fill, () => pumpMail(host.tenant, transport)), each.mail);
});

test("messages of webhooks are claimed in as many statements as one, and each is noted as it is sent", async () => {
  const [hook = 0] = (await maker.make(host.database.registry.model("hf.webhook"), 1)) ?? [];
  await writing((env) =>
    env
      .model("hf.webhook")
      .write([hook], { res_model: "res.lang", secret: "c2VjcmV0", state: "on" } as never),
  );
  const language = () => ({ name: maker.fresh(), code: maker.fresh(8) });
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++)
      await writing((env) => env.model("res.lang").create([language() as never]));
  };
  const sender = { send: async () => ({ kind: "accepted" as const, status: 200 }), close: () => undefined };
  assert.equal(await slope(fill, () => pumpWebhooks(host.tenant, sender as never)), each.message);
});

test("a change is told to many hooks of one person in as many statements as to one", async () => {
  const change = async (hooks: number) => {
    const made = (await maker.make(host.database.registry.model("hf.webhook"), hooks)) ?? [];
    await writing((env) =>
      env.model("hf.webhook").write(made, { res_model: "res.country", state: "on" } as never),
    );
    const name = maker.fresh();
    return countOf(() => writing((env) => env.model("res.country").write([1], { name } as never)));
  };
  const one: number = await change(1);
  assert.equal(await change(many), one);
  const told = ["event", "=", "res.country.updated"];
  const messages = host.database.data.reading(host.database.system()).model("hf.webhook.delivery");
  assert.equal(await messages.count([told] as never), 1 + 1 + many);
});

test("jobs run one after the other, each in as many statements as any, but for asking whether its right stands", async () => {
  const userId = await host.userId("ann");
  const { sessionKey } = await host.tenant.identity.openSession(userId, {
    source: "127.0.0.1",
    userAgent: "test",
  });
  const caller = { actor: await host.actor("ann"), sessionKey };
  const call = { model: "res.country", method: "search_count", args: [[]] };
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) await queueJob(host.tenant.data, caller, call as never);
  };
  assert.equal(await slope(fill, () => runJobs(host.tenant)), each.job);
});

test("sweeps, and looking what is next to be sent, send no more statements when there is more", async () => {
  const rounds = {
    "next sending": () => nextSending(host.tenant),
    identity: () => host.tenant.identity.sweep(),
    "answers kept": () => sweepOnce(host.tenant.data, publicActor),
    messages: () => sweepDeliveries(host.tenant),
    trash: () => sweepTrash(host.tenant.data, publicActor),
    jobs: () => sweepJobs(host.tenant.data),
  };
  const asks = Object.entries(rounds).map(([name, run]) => ({ name, ready: async () => run }));
  const scene = async (count: number) => {
    const made = await sceneAround({ host, maker }, { count, given: new Map(), deletable: true });
    clock.advance(2 * yearMs);
    return made;
  };
  const found = await grown({ host, asked }, asks, { few: () => scene(few), many: () => scene(many) });
  assert.deepEqual([...found], []);
});
