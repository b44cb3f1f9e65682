import { Readable } from "node:stream";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Places } from "./admission.ts";
import type { Reply, Route, RouteRequest } from "./route.ts";

const beatMilliseconds = 25_000;
const reconnectMilliseconds = 2_000;
/** Open streams of one process, in all and of one session. */
export const eventStreams = { most: 2_000, mostPerSession: 20 } as const;

/**
 * An open stream of server-sent events (HTML standard, 9.2) for the web client. It says nothing yet but that it is
 * there; what matters is its end: it is cut within a second when the session or a right ends, and the client, which
 * then finds no session, asks the person to sign in instead of letting them type into a dead page.
 */
export function eventRoute(): Route {
  const places = new Places(eventStreams.most, eventStreams.mostPerSession);
  return {
    method: "GET",
    path: "/web/events",
    who: "user",
    csrf: "none",
    body: "none",
    bodyLimitBytes: 0,
    summary: "A stream that stays open as long as the session does.",
    handle: async (request) => openStream(request, places),
  };
}

function openStream({ sessionKey, actor }: RouteRequest, places: Places): Reply {
  const leave = places.take(sessionKey || `user ${actor.userId}`);
  if (leave === undefined)
    throw new ExpectedError("too_many", "Too many pages listen at once.", { hint: "Close some of them." });
  const body = new Readable({ read: () => undefined });
  body.push(`retry: ${reconnectMilliseconds}\n\nevent: open\ndata: {}\n\n`);
  const beat = setInterval(() => body.push(": here\n\n"), beatMilliseconds).unref();
  body.once("close", () => {
    clearInterval(beat);
    leave();
  });
  const headers = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
  return { status: 200, headers, body, longLived: true };
}
