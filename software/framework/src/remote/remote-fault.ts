import { type ErrorCode, type ErrorSubject, ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import { noSuchMethod } from "./dispatch.ts";

/** A failure in the words of the established API. */
export interface RemoteFault {
  /** What client libraries tell failures apart by. */
  readonly name: string;
  readonly message: string;
  /** One thing to do. */
  readonly hint: string | undefined;
  /** What of the caller's input it is about. */
  readonly about: ErrorSubject | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Of failures that are our own: finds the log entry. */
  readonly reference: string | undefined;
  /** XML-RPC: 1 anything else, 2 the person can act, 3 not signed in, 4 not allowed. */
  readonly faultCode: 1 | 2 | 3 | 4;
  readonly status: number;
}

interface Kind {
  readonly name: string;
  readonly faultCode: RemoteFault["faultCode"];
}

const userError: Kind = { name: "odoo.exceptions.UserError", faultCode: 2 };
const accessError: Kind = { name: "odoo.exceptions.AccessError", faultCode: 4 };

const kinds: Readonly<Record<ErrorCode, Kind>> = {
  bad_request: { name: "builtins.ValueError", faultCode: 1 },
  unauthenticated: { name: "odoo.exceptions.AccessDenied", faultCode: 3 },
  access_denied: accessError,
  confirmation_needed: { name: "holdfast.exceptions.ConfirmationNeeded", faultCode: 4 },
  not_found: { name: "odoo.exceptions.MissingError", faultCode: 2 },
  conflict: userError,
  gone: userError,
  too_large: userError,
  unsupported_media: userError,
  invalid: { name: "odoo.exceptions.ValidationError", faultCode: 2 },
  too_many: { name: "odoo.exceptions.AccessDenied", faultCode: 3 },
  unavailable: userError,
};

/**
 * Puts a failure into the API's words. What the caller cannot act on is logged whole and told as a reference:
 * no stack, no statement, no path leaves. A method that is not declared is answered as one that is forbidden,
 * which is what existing clients know; hidden or missing records share one answer.
 */
export function remoteFault(
  error: unknown,
  at: { readonly reference: string; readonly log: Log },
): RemoteFault {
  if (!(error instanceof ExpectedError)) {
    at.log("error", "a remote call failed", { reference: at.reference, error });
    const message = `Something went wrong on our side. Reference: ${at.reference}`;
    return {
      name: "builtins.ValueError",
      faultCode: 1,
      status: 500,
      message,
      hint: undefined,
      about: undefined,
      retryAfterSeconds: undefined,
      reference: at.reference,
    };
  }
  const { details, hint, about, cause, retryAfterSeconds } = error;
  at.log("info", "refused a remote call", {
    reference: at.reference,
    code: error.code,
    reason: error.message,
    details,
    cause,
  });
  const kind = details["kind"] === noSuchMethod ? accessError : kinds[error.code];
  const { message, status } = error;
  return { ...kind, message, hint, about, retryAfterSeconds, reference: undefined, status };
}

/**
 * How the doors of JSON-RPC and XML-RPC answer a failure: 200, since the outcome stands inside, except that a
 * caller who is to wait is told so where every HTTP client looks.
 */
export function waitingStatus({ status, retryAfterSeconds }: RemoteFault): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (retryAfterSeconds === undefined) return { status: 200, headers: {} };
  return { status, headers: { "retry-after": String(retryAfterSeconds) } };
}
