import { html } from "@holdfast/framework/http/html-tag";
import { mailModel } from "@holdfast/framework/mail/models";
import { queueMail } from "@holdfast/framework/mail/queue";
import type { DataSource } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { probeEmail } from "@holdfast/panel/customer";
import type { Claim, DatabaseInScope, Finding, ProbeContext, RestoredCopy } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { asCanaryCaller, type CanaryCaller } from "../canary-caller.ts";
import { backUpCanary, type NewestBackup, newestBackup, originals } from "../stored-backups.ts";
import { plantWebhook } from "./planted-webhook.ts";

/** A webhook's messages that a live database sends: the one that waited, and the one of the new contact. */
const bothMessages = 2;
/** Longest wait for what the canary sends, and how long the copy's is watched after that. */
const mailMilliseconds = 40_000;
const watchMilliseconds = 1_000;
const pollMilliseconds = 200;

/** BAK-5: restoring, and that a copy does no harm. */
export const restorableBackups: Claim = {
  id: "BAK-5",
  promise: "Any backup can be restored beside the live database, complete; and nothing leaves such a copy.",
  method:
    "A drill restores the newest backup of a database chosen at random, by the same stored operation that operators start. Row by row and file by file the copy is compared with the manifest. Then a mail is queued in the copy and another in a live database made for probes, and in both a webhook is planted with a message that waits, and told of a new contact: what waits in the live one must be sent, what waits in the copy must stay, and the copy must say on its pages that it is one. The copy is deleted.",
  maxAgeMinutes: 1_440,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  await backUpCanary(context);
  const chosen = await chooseBackup(context);
  if (chosen === undefined) return { state: "not_applicable", summary: "No database has a backup yet." };
  const verdict = new Verdict();
  const copy = await restore(context, verdict, chosen);
  if (copy === undefined) return verdict.finding("no copy could be made of the chosen backup");
  try {
    await compare(context, verdict, copy);
    await seeNothingLeaves(context, verdict, copy.database);
    return findingOf(verdict, copy);
  } finally {
    await context.drills.remove(copy.database.name);
  }
}

function findingOf(verdict: Verdict, { summary, vault, refused }: RestoredCopy): Finding {
  const { tables, rows, files } = summary;
  if (refused.length > 0)
    verdict.note(`${counted(refused.length, "damaged copy", "damaged copies")} passed over`);
  return verdict.finding(
    `a backup chosen at random was restored from one vault: ${counted(rows, "row")} in ${counted(tables, "table")} and ${counted(files, "file")}`,
    ", equal to its manifest; its mail and its webhooks stayed inside",
    { vault, refused },
  );
}

interface Chosen {
  readonly database: DatabaseInScope;
  readonly backup: NewestBackup;
}

async function chooseBackup(context: ProbeContext): Promise<Chosen | undefined> {
  const found: Chosen[] = [];
  for (const database of originals(context.databases)) {
    const backup = await newestBackup(context, database);
    if (backup) found.push({ database, backup });
  }
  const [at = 0] = new Uint32Array(Uint8Array.from(context.random.bytes(4)).buffer);
  return found[at % found.length];
}

/** @returns undefined when it cannot be restored, which is then a problem. */
async function restore(
  context: ProbeContext,
  verdict: Verdict,
  { database, backup }: Chosen,
): Promise<RestoredCopy | undefined> {
  try {
    return await context.drills.restoreBeside(backup.recordId);
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.code === "unavailable") throw error;
    verdict.problem(
      "a backup could not be restored",
      `${database.name} ${backup.backupId}: ${error.message}`,
    );
    return undefined;
  }
}

/** The operation has compared every row already; a restore that brought nothing would be equal to nothing. */
async function compare(context: ProbeContext, verdict: Verdict, copy: RestoredCopy): Promise<void> {
  const { name } = copy.database;
  verdict.expect(
    copy.equal,
    "a restored copy differs from its manifest",
    `${name}: ${copy.differences.join("; ")}`,
  );
  const users = await context.within(copy.database, ({ data }) =>
    data.reading(probeActor("BAK-5")).model("res.users").count([], { activeOnly: false }),
  );
  verdict.expect(users > 0 && copy.summary.rows > 0, "a restored copy is empty", `${name}: ${users} users`);
}

async function seeNothingLeaves(
  context: ProbeContext,
  verdict: Verdict,
  copy: DatabaseInScope,
): Promise<void> {
  verdict.expect(copy.neutralized, "a copy is not marked as neutralized", copy.name);
  const page = await context.visitor(`${context.urlOf(copy.name)}/web/login`, {
    headers: { accept: "text/html" },
  });
  verdict.expect(
    page.status === 200 && page.body.includes("This is a copy"),
    "a copy does not say on its pages that it is one",
    `${copy.name}: status ${page.status}`,
  );
  const canary = present((await context.canaries())[0], "a canary");
  await asCanaryCaller(context, { database: copy, claim: "BAK-5" }, async (inCopy, { data: copyData }) => {
    const stays = await plant(context, inCopy, copyData);
    await asCanaryCaller(context, { database: canary, claim: "BAK-5" }, async (inCanary, { data }) => {
      const leaves = await plant(context, inCanary, data);
      try {
        await expectAllLeft(context, verdict, leaves, canary.name);
      } finally {
        await leaves.remove();
      }
    });
    await wake(inCopy.call);
    await sleep(watchMilliseconds);
    const { mail, tried, messages } = await stays.look();
    verdict.expect(!mail, "mail left a copy", copy.name);
    verdict.expect(tried === 0, "a webhook of a copy was sent", `${copy.name}: ${tried} of ${messages}`);
  });
}

/** What waits to go out of a database, and what became of it. */
interface Planted {
  look(): Promise<{ readonly mail: boolean; readonly messages: number; readonly tried: number }>;
  remove(): Promise<void>;
}

/** A mail, a webhook's message that waits already, and a new contact that the webhook asks for. */
async function plant(
  { random }: ProbeContext,
  { userId, call }: CanaryCaller,
  data: DataSource,
): Promise<Planted> {
  const mail = await queueCanaryMail(data);
  const hook = await plantWebhook(data, { userId, random });
  const { status, body } = await call("res.partner", "create", { vals_list: [{ name: "Drill" }] });
  if (status !== 200)
    throw new ExpectedError("unavailable", `the server answers a new contact with ${status}`);
  const [contact] = JSON.parse(body) as number[];
  return {
    look: async () => ({ mail: await hasLeft(data, mail), ...(await hook.look()) }),
    remove: async () => {
      await hook.remove();
      await removeMail(data, mail);
      await call("res.partner", "unlink", { ids: [contact] });
    },
  };
}

/** Live databases send what was planted: otherwise the drill proves nothing of copies. */
async function expectAllLeft(
  context: ProbeContext,
  verdict: Verdict,
  leaves: Planted,
  name: string,
): Promise<void> {
  let seen = await leaves.look();
  for (let waited = 0; waited < mailMilliseconds; waited += pollMilliseconds) {
    context.signal.throwIfAborted();
    if (seen.mail && seen.tried === bothMessages) return;
    await sleep(pollMilliseconds);
    seen = await leaves.look();
  }
  verdict.expect(
    seen.mail,
    "mail of a live database does not leave either, so the drill proves nothing",
    name,
  );
  verdict.expect(
    seen.tried === bothMessages,
    "webhooks of a live database are not sent either, so the drill proves nothing",
    `${name}: ${seen.tried} of ${seen.messages}`,
  );
}

/** Gives the server that serves a database the reason to look into its mail queue: a change that changes nothing. */
async function wake(call: (model: string, method: string, input: unknown) => Promise<{ status: number }>) {
  const { status } = await call("res.partner", "write", { ids: [], vals: {} });
  if (status !== 200) throw new ExpectedError("unavailable", `the server answers a change with ${status}`);
}

function queueCanaryMail(data: DataSource): Promise<number> {
  const words = "A drill has sent this mail to see whether it leaves.";
  return data.writing(probeActor("BAK-5"), (env) =>
    queueMail(env, { to: probeEmail, subject: "Drill", html: html`<p>${words}</p>`, text: words }),
  );
}

/** Handed over, or tried: where it went after that is the mail server's affair. */
async function hasLeft(data: DataSource, mailId: number): Promise<boolean> {
  const [mail] = await data.reading(probeActor("BAK-5")).of(mailModel).read([mailId], ["state", "attempts"]);
  return mail !== undefined && (mail.attempts > 0 || mail.state !== "outgoing");
}

function removeMail(data: DataSource, mailId: number): Promise<void> {
  return data.writing(probeActor("BAK-5"), (env) => env.of(mailModel).unlink([mailId]));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
