import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";

/** Customers that the server may open at once, as all its workers do after a start. */
export const openingsAtOnce = 1_200;
/** And after that, in each second: workers open a customer with its first visit and close it when others need the room. */
export const openingsPerSecond = 10;

/**
 * Notes each customer that the server opens, and holds it up when it opens more than its work can ask for: a server
 * that was taken over gets the keys of a large host slowly, and its log says whose.
 *
 * @returns to be called before each opening. @throws ExpectedError `too_many`.
 */
export function openingLimit(
  log: Log,
  clock: Clock,
  { atOnce, perSecond } = { atOnce: openingsAtOnce, perSecond: openingsPerSecond },
): (tenantId: TenantId) => void {
  let room = atOnce;
  let at = clock.now();
  let isHeld = false;
  return (tenantId) => {
    const now = clock.now();
    room = Math.min(atOnce, room + (Math.max(0, now - at) / 1_000) * perSecond);
    at = now;
    if (room < 1) {
      // Once for each time that it runs into the limit, or its tries would fill the log.
      if (!isHeld) log("error", "the server opens more customers than its work can ask for", { tenantId });
      isHeld = true;
      throw new ExpectedError("too_many", "too many customers were opened in a short time", {
        hint: "it is tried again with the next visit; see the agent's log for who was opened",
      });
    }
    isHeld = false;
    room -= 1;
    log("info", "the server opened a customer", { tenantId });
  };
}
