import { html } from "@holdfast/framework/http/html-tag";
import { usersModel } from "@holdfast/framework/identity/models";
import { queueMails } from "@holdfast/framework/mail/queue";
import type { Environment } from "@holdfast/framework/model/environment";
import { Alarm, rankOf } from "@holdfast/panel/alarm";
import { isProbeName } from "@holdfast/panel/customer";

/** Alarms told in one mail; more are counted, and stand in the panel. */
const maxTold = 50;
const maxOperators = 100;
const operatorGroup = "panel.operator";

/**
 * Writes one mail to each operator about all alarms that are new, or worse than they were told. In the
 * caller's transaction, with the note that they were told: a mail goes out once or, after a crash, never twice.
 *
 * @returns how many alarms were told.
 */
export async function mailAlarms(env: Environment): Promise<number> {
  const open = await env
    .of(Alarm)
    .searchRead([["resolved_at", "=", false]], ["severity", "told", "sentence", "hint", "subject"], {
      order: "since",
    });
  const untold = open.filter(
    ({ severity, told }) => severity !== "notice" && rankOf(severity) > rankOf(told),
  );
  if (untold.length === 0) return 0;
  const addresses = await operators(env);
  // With nobody to tell, it stays untold until there is somebody.
  if (addresses.length === 0) return 0;
  // A drill raises alarms about databases that were made for it: nobody is to get up for that.
  const real = untold.filter(({ subject }) => !isProbeName(subject));
  if (real.length > 0)
    await queueMails(
      env,
      addresses.map((to) => letter(to, real)),
    );
  await env.of(Alarm).writeEach(untold.map(({ id, severity }) => ({ id, values: { told: severity } })));
  return real.length;
}

interface Told {
  readonly severity: string;
  readonly sentence: string;
  readonly hint: string | null;
}

function letter(to: string, alarms: readonly Told[]) {
  const worst = alarms.some(({ severity }) => severity === "critical") ? "Alarm" : "Warning";
  const [first] = alarms;
  const more = alarms.length > 1 ? ` (and ${alarms.length - 1} more)` : "";
  const told = alarms.slice(0, maxTold);
  const rest = alarms.length > maxTold ? [`${alarms.length - maxTold} more stand in the panel.`] : [];
  return {
    to,
    subject: `${worst}: ${first?.sentence.slice(0, 150)}${more}`.replace(/[\u0000-\u001f\u007f]/g, " "),
    html: html`<ul>${told.map(({ sentence, hint }) => html`<li><strong>${sentence}.</strong> ${hint}</li>`)}</ul>${rest.map((line) => html`<p>${line}</p>`)}`,
    text: [...told.map(({ sentence, hint }) => `- ${sentence}. ${hint ?? ""}`), ...rest].join("\n"),
  };
}

async function operators(env: Environment): Promise<string[]> {
  const users = await env
    .of(usersModel)
    .searchRead([["groups_id.key", "=", operatorGroup]], ["email"], { limit: maxOperators });
  return users.flatMap(({ email }) => email ?? []);
}
