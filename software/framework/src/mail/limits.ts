import { ExpectedError } from "@holdfast/kernel/errors";
import { usersModel } from "../identity/models.ts";
import type { Environment } from "../model/environment.ts";
import { escapeLike } from "../model/escape-like.ts";
import { mailLimitsModel, usualPerPerson, usualTogether } from "./limits-model.ts";
import { mailModel } from "./models.ts";

const hours = 24;

/** What is noted with a mail that a person asked for. */
export interface AskedMail {
  readonly asked_by: number | null;
  readonly outside_at: Temporal.Instant | null;
}

/**
 * Refuses a mail of a person to somebody outside beyond the limits of this database, so that a stolen key or session
 * makes no flood of it, and the sender's good name lasts. Mails that no person asked for, and those to users, pass.
 * Mails that are sent at the same moment may each see the place that is left: a limit is exceeded by at most as many as
 * run at once.
 *
 * @returns what to note with the mail.
 * @throws ExpectedError `too_many` with whom to ask.
 */
export async function withinLimits(system: Environment, to: string): Promise<AskedMail> {
  const { userId } = system.actor;
  if (userId === null || (await isUser(system, to))) return { asked_by: userId, outside_at: null };
  const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
  const [limits] = await system
    .of(mailLimitsModel)
    .searchRead([], ["per_person", "together"], { limit: 1, order: "id desc" });
  const { per_person: perPerson, together } = limits ?? {
    per_person: usualPerPerson,
    together: usualTogether,
  };
  const since = ["outside_at", ">", now.subtract({ hours }).toString()] as const;
  const mails = system.of(mailModel);
  if ((await mails.count([since, ["asked_by", "=", userId]], { limit: Math.max(1, perPerson) })) >= perPerson)
    throw full(`You have had ${perPerson} mails sent to addresses outside in the last ${hours} hours`);
  if ((await mails.count([since], { limit: Math.max(1, together) })) >= together)
    throw full(`${together} mails were sent from here to addresses outside in the last ${hours} hours`);
  return { asked_by: userId, outside_at: now };
}

async function isUser(system: Environment, to: string): Promise<boolean> {
  const named = ["|", ["login", "=", to.toLowerCase()], ["email", "=ilike", escapeLike(to)]] as const;
  return (await system.of(usersModel).count(named, { limit: 1 })) > 0;
}

const full = (found: string): ExpectedError =>
  new ExpectedError("too_many", `${found}, which is the most that is allowed: this one was not sent.`, {
    hint: "Send it later, or ask an administrator to raise the limit under Settings, Mail limits.",
  });

/** Makes the one row, so that administrators find it; does nothing when it is there. */
export async function ensureMailLimits(env: Environment): Promise<void> {
  await env.system("make the limits of mails", async (system) => {
    if ((await system.of(mailLimitsModel).count([], { limit: 1 })) === 0)
      await system.of(mailLimitsModel).create([{}]);
  });
}
