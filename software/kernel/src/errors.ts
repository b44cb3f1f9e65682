/** Stable names of what a caller can act on, each with the HTTP status that it becomes. */
export const errorStatus = {
  bad_request: 400,
  unauthenticated: 401,
  access_denied: 403,
  /** Allowed, once the person has given their password or a second factor again. */
  confirmation_needed: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported_media: 415,
  invalid: 422,
  too_many: 429,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** What of the caller's input a failure is about, so that a form can say it at the right place. */
export interface ErrorSubject {
  /** Name of the model; absent where only one is in question. */
  readonly model?: string | undefined;
  /** Names of fields that the caller gave or may see. */
  readonly fields: readonly string[];
  /** Of a conflict: what stands there now and what the caller had seen, as columns hold them. */
  readonly changed?: readonly ChangedValue[];
}

/** A field that somebody else has changed since the caller read it. */
export interface ChangedValue {
  readonly id: number;
  readonly field: string;
  readonly now: string | number | boolean | null;
  readonly seen: string | number | boolean | null;
}

export interface ErrorContext {
  /** One thing that the person can do next. */
  readonly hint?: string;
  /** Sent to the caller. */
  readonly about?: ErrorSubject;
  /** After how many seconds the same call may succeed; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** For the log only; never sent. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * A failure that the caller can act on. The message is a sentence for the person and is sent as it is:
 * it holds no SQL, path, stack or name of another tenant. A record that one may not see is
 * `not_found`, never `access_denied`.
 */
export class ExpectedError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly about: ErrorSubject | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, { cause: context.cause });
    this.name = "ExpectedError";
    this.code = code;
    this.hint = context.hint;
    this.about = context.about;
    this.retryAfterSeconds = context.retryAfterSeconds;
    this.details = context.details ?? {};
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
