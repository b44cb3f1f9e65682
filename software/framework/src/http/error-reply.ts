import { ExpectedError } from "@holdfast/kernel/errors";
import { html } from "./html-tag.ts";
import { page } from "./page.ts";
import { jsonReply } from "./reply.ts";
import type { Reply } from "./route.ts";

/** What the person or program gets to know of a failure. */
export interface PublicError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Finds the log entry of this request. */
  readonly reference: string;
}

/** An expected failure as it is; of any other only that there was one, and where the log has it. */
export function publicError(error: unknown, reference: string): PublicError {
  if (error instanceof ExpectedError)
    return {
      status: error.status,
      code: error.code,
      message: error.message,
      hint: error.hint,
      retryAfterSeconds: error.retryAfterSeconds,
      reference,
    };
  return {
    status: 500,
    code: "internal",
    message: "Something went wrong on our side.",
    hint: "Try again; if it stays, give us the reference.",
    reference,
  };
}

const usualWaitSeconds = 5;

/** The failure as JSON or as a page, as the caller takes it. */
export function errorReply(error: PublicError, accept: string | undefined): Reply {
  const reply = takesPages(accept) ? errorPage(error) : errorJson(error);
  const seconds = error.retryAfterSeconds ?? usualWaitSeconds;
  const retry = error.status === 429 || error.status === 503 ? { "retry-after": String(seconds) } : {};
  const challenge = error.status === 401 ? { "www-authenticate": "Bearer" } : {};
  return { ...reply, headers: { ...reply.headers, ...retry, ...challenge } };
}

/** @returns whether the caller asked for pages: a browser's navigation does, fetch and programs do not. */
export function takesPages(accept: string | undefined): boolean {
  return /\btext\/html\b/.test(accept ?? "");
}

function errorJson(error: PublicError): Reply {
  const { status, code, message, hint, reference } = error;
  return jsonReply({ error: { code, message, hint, reference } }, status);
}

function errorPage(error: PublicError): Reply {
  return page({
    title: titles[error.status] ?? "This did not work",
    status: error.status,
    narrow: true,
    main: html`<div class="card stack">
<h1>${titles[error.status] ?? "This did not work"}</h1>
<p>${error.message}</p>
${error.hint ? html`<p class="lead">${error.hint}</p>` : ""}
${error.status >= 500 ? html`<p class="lead">Reference: <code>${error.reference}</code></p>` : ""}
</div>`,
  });
}

const titles: Readonly<Record<number, string>> = {
  401: "Sign in first",
  403: "Not allowed",
  404: "Not found",
  409: "Someone was faster",
  410: "No longer here",
  413: "Too large",
  429: "Too many tries",
  500: "Our mistake",
  503: "Very busy",
};
