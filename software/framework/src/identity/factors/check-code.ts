import { publicActor } from "../../access/actor.ts";
import type { RouteRequest } from "../../http/route.ts";
import { recordSecurityEvent } from "../security-log.ts";
import { type Counted, giveBack, takeTry } from "../throttle.ts";
import { stepAt } from "../totp/totp.ts";
import { takeCode } from "../totp/totp-factor.ts";
import { factorKey } from "./factor-parts.ts";
import { looksLikeRecoveryCode, useRecoveryCode } from "./recovery-codes.ts";

/** Tries of codes that one account has in an hour, from wherever; passkeys are not counted: nobody guesses one. */
export const codeTriesPerHour = 5;
const minutesPerHour = 60;

/**
 * Checks a code of the person's app, or one of their recovery codes; a right one is used up. Counted before it is
 * checked, in the database, for the account: who got the password does not get more tries by more addresses.
 * The same code counts again in each step of the clock, since it may be right in the next.
 *
 * @returns by what it was right, or null. @throws ExpectedError `too_many`.
 */
export async function checkCode(
  request: RouteRequest,
  userId: number,
  code: string,
): Promise<"totp" | "recovery" | null> {
  const { tenant } = request;
  const from = { source: request.source, userAgent: request.headers["user-agent"] ?? "" };
  const env = tenant.data.reading(publicActor);
  const counted: Counted = {
    subject: `second factor of user ${userId}`,
    shown: `second factor of user ${userId}`,
    most: codeTriesPerHour,
  };
  const attempt = `${stepAt(env.clock.now())} ${code.slice(0, 100)}`;
  const tried = { attempt, key: tenant.key("throttle") };
  const times = { windowMinutes: minutesPerHour, cooldownMinutes: minutesPerHour };
  await takeTry(tenant.data, [counted], { ...tried, ...times, userId, from });
  const by = await rightCode(request, userId, code);
  if (by !== null) await giveBack(tenant.data, { own: [counted], shared: [] }, tried);
  else
    await tenant.data.writing(publicActor, (writing) =>
      recordSecurityEvent(writing, { event: "second_factor", outcome: "refused", userId, from }),
    );
  return by;
}

async function rightCode(
  { tenant }: RouteRequest,
  userId: number,
  code: string,
): Promise<"totp" | "recovery" | null> {
  if (!looksLikeRecoveryCode(code)) return (await takeCode(tenant, userId, code)) ? "totp" : null;
  const used = await tenant.data.writing(publicActor, (env) =>
    useRecoveryCode(env, factorKey(tenant), { userId, code }),
  );
  return used ? "recovery" : null;
}
