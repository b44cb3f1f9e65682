import { Readable } from "node:stream";
import type { Watched } from "../identity/standing.ts";
import type { Reply } from "./route.ts";

/**
 * Answers for as long as the caller's right stands. When it ends first, the answer is the failure that says so, or,
 * if its body is on the way already, the connection is cut; what still works for it stops at its next statement.
 *
 * @returns the reply; the watch is released with it, or with the end of its stream.
 */
export async function whileStanding(watched: Watched, handle: () => Promise<Reply>): Promise<Reply> {
  const { signal, release } = watched;
  let reply: Reply | undefined;
  try {
    reply = await Promise.race([handle(), ended(signal)]);
    if (reply.body instanceof Readable) cutWith(reply.body, watched);
    return reply;
  } finally {
    if (!(reply?.body instanceof Readable)) release();
  }
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function cutWith(body: Readable, { signal, release }: Watched): void {
  signal.addEventListener("abort", () => body.destroy(signal.reason as Error), { once: true });
  body.once("close", release);
}
