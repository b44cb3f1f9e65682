/** A call that the server refused, in its words. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Kind of failure: `odoo.exceptions.ValidationError`. */
  readonly kind: string;
  /** One thing to do. */
  readonly hint: string | undefined;
  /** What of the input it is about; of a conflict also both values of each field. */
  readonly about: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    told: {
      readonly message: string;
      readonly kind: string;
      readonly hint?: string | undefined;
      readonly about?: Readonly<Record<string, unknown>> | undefined;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(told.message, { cause: told.cause });
    this.status = status;
    this.kind = told.kind;
    this.hint = told.hint;
    this.about = told.about;
    this.retryAfterSeconds = told.retryAfterSeconds;
  }
}
