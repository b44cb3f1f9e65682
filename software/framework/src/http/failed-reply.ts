import type { IncomingMessage } from "node:http";
import { ExpectedError } from "@holdfast/kernel/errors";
import { errorReply, publicError, takesPages } from "./error-reply.ts";
import { redirectReply } from "./reply.ts";
import type { Reply } from "./route.ts";

/** A browser that is not signed in is led to the sign-in page and back; all others get the error. */
export function failedReply(error: unknown, request: IncomingMessage, reference: string): Reply {
  const accept = request.headers.accept;
  const code = error instanceof ExpectedError ? error.code : undefined;
  if (code === "unauthenticated" && isRead(request) && takesPages(accept))
    return redirectReply(`/web/login?next=${encodeURIComponent(request.url ?? "/")}`);
  if (code === "confirmation_needed" && takesPages(accept))
    return redirectReply(`/web/confirm?next=${encodeURIComponent(pageOf(request))}`);
  return errorReply(publicError(error, reference), accept);
}

/** The page to come back to: itself, or the one whose form was sent. What was filled in there is lost. */
function pageOf(request: IncomingMessage): string {
  if (isRead(request)) return request.url ?? "/";
  const from = URL.parse(request.headers.referer ?? "");
  return from?.host === request.headers.host ? `${from?.pathname}${from?.search}` : "/web";
}

/** Whether it may change nothing. */
export function isRead(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD";
}
