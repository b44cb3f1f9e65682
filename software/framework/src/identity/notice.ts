import { ExpectedError } from "@holdfast/kernel/errors";
import type { Html } from "../http/html.ts";
import { html } from "../http/html-tag.ts";

/** What stands above a form: an error to be read out at once, or good news. */
export interface Notice {
  readonly kind: "danger" | "success";
  readonly text: string;
  readonly hint?: string;
}

/** Draws a notice; nothing when there is none. */
export function noticeOf(notice: Notice | undefined): Html | "" {
  if (notice === undefined) return "";
  const role = notice.kind === "danger" ? "alert" : "status";
  const hint = notice.hint === undefined ? "" : html`<p>${notice.hint}</p>`;
  return html`<div class="message ${notice.kind}" role="${role}"><p>${notice.text}</p>${hint}</div>`;
}

/** An expected failure of one of these codes as a notice. @throws the error itself when it is another. */
export function failureNotice(error: unknown, ...codes: readonly string[]): Notice {
  if (!(error instanceof ExpectedError) || !codes.includes(error.code)) throw error;
  return { kind: "danger", text: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
