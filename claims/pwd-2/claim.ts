import { createLink, withSignedLinks } from "@holdfast/framework/identity/links";
import { resetPath, resetPurpose } from "@holdfast/framework/identity/reset-purpose";
import { present } from "@holdfast/kernel/assert";
import type { Claim, Finding, OpenedTenant, ProbeContext } from "@holdfast/trust/claim";
import { probeActor } from "@holdfast/trust/probe-actor";
import { counted, Verdict } from "@holdfast/trust/verdict";
import { asCanaryCaller } from "../canary-caller.ts";
import { type CanaryPerson, canaryPerson, opened } from "../canary-sign-in.ts";

const actor = probeActor("PWD-2");

/** PWD-2: nobody can look a password up; who lost it sets another. */
export const unreadablePasswords: Claim = {
  id: "PWD-2",
  promise:
    "Nobody can read a password, administrators neither: whoever lost theirs sets a new one by a mailed link.",
  method:
    "In a database made for probes an administrator asks the API for the stored hash in every way that it offers: as a field, in a filter, an order, a group, an export. None may give it or act upon it. Then a reset link is opened as a mail scanner does, used, and used again: looking changes nothing, it works once, and the former password ends.",
  maxAgeMinutes: 1_440,
  probe,
};

async function probe(context: ProbeContext): Promise<Finding> {
  const canary = present((await context.canaries())[0], "a canary");
  const verdict = new Verdict();
  const asked = await asCanaryCaller(context, { database: canary, claim: "PWD-2" }, async (caller) => {
    const control = await caller.call("res.users", "search_read", {
      domain: [],
      fields: ["login"],
      limit: 5,
    });
    const works = control.status === 200 && control.body.includes('"login"');
    verdict.expect(works, "the API does not answer, so that refusals prove nothing", control.body);
    for (const { method, input } of questions(caller.userId)) {
      context.signal.throwIfAborted();
      const { status, body } = await caller.call("res.users", method, input);
      const told = body.includes("pbkdf2") || (status === 200 && method !== "fields_get");
      verdict.expect(!told, "the API tells something of stored passwords", `${method}: ${status}`);
    }
    return questions(caller.userId).length;
  });
  await context.within(canary, async (tenant) => reset(context, tenant, verdict));
  return verdict.finding(
    `${counted(asked, "question")} after a stored hash asked by an administrator, and one reset by link`,
    ": none answered; the link worked once, and the former password ended",
  );
}

function questions(userId: number) {
  const field = "password_hash";
  const ids = [userId];
  return [
    { method: "read", input: { ids, fields: [field] } },
    { method: "search_read", input: { domain: [], fields: [field] } },
    { method: "search", input: { domain: [[field, "like", "$pbkdf2"]] } },
    { method: "search_count", input: { domain: [[field, "!=", false]] } },
    { method: "search", input: { domain: [], order: field } },
    { method: "read_group", input: { domain: [], fields: ["__count"], groupby: [field] } },
    { method: "export_data", input: { ids, fields: [field] } },
    { method: "write", input: { ids, vals: { [field]: "x" } } },
    { method: "fields_get", input: {} },
  ];
}

async function reset(context: ProbeContext, tenant: OpenedTenant, verdict: Verdict): Promise<void> {
  const person = await canaryPerson(context, tenant, "PWD-2");
  const { pathname } = new URL(await linkFor(tenant, person));
  const url = context.urlOf(tenant.name) + pathname;
  const asPage = { headers: { accept: "text/html" } };
  for (let scan = 0; scan < 2; scan++) {
    const { status } = await context.visitor(url, asPage);
    verdict.expect(status === 200, "a reset link is used up by looking at it", `status ${status}`);
  }
  verdict.expect(
    opened(await person.signIn(person.password)),
    "looking at a link ends a password",
    "scanner",
  );
  const { body } = await context.visitor(url, asPage);
  const token = /name="csrf_token" value="([^"]+)"/.exec(body)?.[1] ?? "";
  const fresh = Buffer.from(context.random.bytes(24)).toString("base64url");
  const submit = () =>
    context.visitor(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
      body: new URLSearchParams({ csrf_token: token, password: fresh, again: fresh }).toString(),
    });
  const first = await submit();
  verdict.expect(first.status === 303, "a reset link does not work", `status ${first.status}`);
  verdict.expect(opened(await person.signIn(fresh)), "the new password does not open", "after the reset");
  const former = opened(await person.signIn(person.password));
  verdict.expect(!former, "the former password works on", "after the reset");
  const second = await submit();
  verdict.expect(second.status === 404, "a reset link works twice", `status ${second.status}`);
}

async function linkFor(tenant: OpenedTenant, { userId, login }: CanaryPerson): Promise<string> {
  const mark = await tenant.data.writing(actor, (env) =>
    createLink(env, {
      purpose: resetPurpose,
      model: "res.users",
      recordId: userId,
      recipient: login,
      lifeMinutes: 10,
      maxUses: 1,
      path: resetPath,
    }),
  );
  return withSignedLinks(tenant, tenant.data.reading(actor), mark);
}
