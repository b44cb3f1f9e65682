import { ExpectedError } from "@holdfast/kernel/errors";
import { usersModel } from "../identity/models.ts";
import type { Environment } from "../model/environment.ts";
import { escapeLike } from "../model/escape-like.ts";
import { foldText } from "../model/fold.ts";
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
 * @returns what to note with each mail, in the order of their addresses. As many statements for many as for one.
 * @throws ExpectedError `too_many` with whom to ask.
 */
export async function withinLimits(system: Environment, to: readonly string[]): Promise<AskedMail[]> {
  const { userId } = system.actor;
  const inside = userId === null ? new Set(to) : await usersAmong(system, to);
  const now = Temporal.Instant.fromEpochMilliseconds(system.clock.now());
  const outside = to.filter((address) => !inside.has(address)).length;
  if (userId !== null && outside > 0) await demandRoom(system, { userId, outside, now });
  return to.map((address) => ({ asked_by: userId, outside_at: inside.has(address) ? null : now }));
}

interface Wanted {
  readonly userId: number;
  /** Mails to somebody outside that are to be sent. */
  readonly outside: number;
  readonly now: Temporal.Instant;
}

async function demandRoom(system: Environment, { userId, outside, now }: Wanted): Promise<void> {
  const [limits] = await system
    .of(mailLimitsModel)
    .searchRead([], ["per_person", "together"], { limit: 1, order: "id desc" });
  const { per_person: perPerson, together } = limits ?? {
    per_person: usualPerPerson,
    together: usualTogether,
  };
  const since = ["outside_at", ">", now.subtract({ hours }).toString()] as const;
  const mails = system.of(mailModel);
  const own = await mails.count([since, ["asked_by", "=", userId]], { limit: Math.max(1, perPerson) });
  if (own + outside > perPerson) throw full(`You have had ${own} mails sent`, perPerson - own);
  const all = await mails.count([since], { limit: Math.max(1, together) });
  if (all + outside > together) throw full(`${all} mails were sent from here`, together - all);
}

/** Addresses that one statement asks for. */
const addressesAtOnce = 500;

/** Which of the addresses are users' of this database, by login or address. */
async function usersAmong(system: Environment, to: readonly string[]): Promise<Set<string>> {
  const wanted = [...new Set(to)];
  const known = new Set<string>();
  for (let at = 0; at < wanted.length; at += addressesAtOnce) {
    const some = wanted.slice(at, at + addressesAtOnce);
    const named = some.flatMap(
      (address) => ["|", ["email", "=ilike", escapeLike(address)] as const] as const,
    );
    const domain = [...named, ["login", "in", some.map((address) => address.toLowerCase())] as const];
    for (const { login, email } of (await system
      .of(usersModel)
      .searchRead(domain as never, ["login", "email"] as never[])) as unknown as readonly Named[]) {
      known.add(login);
      known.add(foldText(email ?? ""));
    }
  }
  return new Set(wanted.filter((one) => known.has(one.toLowerCase()) || known.has(foldText(one))));
}

interface Named {
  readonly login: string;
  readonly email: string | null;
}

const full = (found: string, left: number): ExpectedError =>
  new ExpectedError("too_many", `${found}${soMany(left)}`, {
    hint: "Send it later, or ask an administrator to raise the limit under Settings, Mail limits.",
  });

function soMany(left: number): string {
  const since = ` to addresses outside in the last ${hours} hours`;
  return left > 0
    ? `${since}, and ${left} more may be: none of these were.`
    : `${since}, which is the most that is allowed: this one was not sent.`;
}

/** Makes the one row, so that administrators find it; does nothing when it is there. */
export async function ensureMailLimits(env: Environment): Promise<void> {
  await env.system("make the limits of mails", async (system) => {
    if ((await system.of(mailLimitsModel).count([], { limit: 1 })) === 0)
      await system.of(mailLimitsModel).create([{}]);
  });
}
