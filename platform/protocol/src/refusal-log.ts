import type { Log } from "@holdfast/kernel/log";

/** Lines about refused calls that one socket writes in a minute; what is above is counted. */
export const refusalLinesPerMinute = 20;
const minuteMilliseconds = 60_000;

/**
 * Notes calls of methods that a socket does not carry: no part of ours makes any, so somebody else speaks. Bounded,
 * or whoever may open the socket could push everything else out of the log.
 *
 * @param now - milliseconds that only grow.
 */
export function refusalLog(
  log: Log,
  socketPath: string,
  now: () => number = () => performance.now(),
): (method: string) => void {
  let began = Number.NEGATIVE_INFINITY;
  let refused = 0;
  return (method) => {
    if (now() - began >= minuteMilliseconds) {
      if (refused > refusalLinesPerMinute)
        log("warn", "more methods were refused", {
          socketPath,
          calls: refused - refusalLinesPerMinute,
        });
      began = now();
      refused = 0;
    }
    refused += 1;
    if (refused <= refusalLinesPerMinute)
      log("warn", "a method that this socket does not carry was refused", { socketPath, method });
  };
}
