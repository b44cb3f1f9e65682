interface FailureDetails {
  readonly kind: string;
  readonly hint?: string | undefined;
  readonly model?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly reference?: string | undefined;
  readonly changedMeanwhile?: boolean;
}

/** Why a call did not give what was asked, in the server's words. */
export class RemoteFailure extends Error {
  /** Exception name of the remote API, or an own word: `offline`, `session`, `broken`. */
  readonly kind: string;
  /** One thing to do. */
  readonly hint: string | undefined;
  /** Model that the fields belong to; empty when the server did not say. */
  readonly model: string;
  /** Sentence per field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Somebody else changed what this call expected to find. */
  readonly changedMeanwhile: boolean;
  /** What the log knows it by. */
  readonly reference: string | undefined;

  constructor(message: string, details: FailureDetails) {
    super(message);
    this.name = "RemoteFailure";
    this.kind = details.kind;
    this.hint = details.hint;
    this.model = details.model ?? "";
    this.fields = details.fields ?? {};
    this.reference = details.reference;
    this.changedMeanwhile = details.changedMeanwhile ?? false;
  }
}

/** Reads the `error` member of a JSON-RPC answer, or of the import stream. */
export function readFailure(error: unknown): RemoteFailure {
  const outer = objectOf(error);
  const data = objectOf(outer["data"]);
  if (outer["code"] === 100) return sessionFailure();
  const message = textOf(data["message"]) ?? textOf(outer["message"]) ?? "The server could not do this.";
  const about = objectOf(data["about"]);
  const names = Array.isArray(about["fields"]) ? about["fields"].map(String) : [];
  return new RemoteFailure(message, {
    kind: textOf(data["name"]) ?? textOf(outer["name"]) ?? textOf(outer["code"]) ?? "unknown",
    hint: textOf(data["hint"]) ?? textOf(outer["hint"]),
    model: textOf(about["model"]) ?? "",
    fields: Object.fromEntries(names.map((name) => [name, message])),
    changedMeanwhile: Array.isArray(about["changed"]),
    reference: textOf(data["reference"]) ?? textOf(outer["reference"]),
  });
}

/** The session has ended: the person may sign in again and go on. */
export function sessionFailure(): RemoteFailure {
  return new RemoteFailure("Your session has ended.", { kind: "session" });
}

/** No answer from the server at all. */
export function offlineFailure(): RemoteFailure {
  return new RemoteFailure("The server cannot be reached.", {
    kind: "offline",
    hint: "Check the connection, then try again.",
  });
}

/** The failure behind anything thrown. */
export function failureOf(thrown: unknown): RemoteFailure {
  if (thrown instanceof RemoteFailure) return thrown;
  return new RemoteFailure("Something went wrong in this page.", {
    kind: "broken",
    hint: "Reload the page and try again.",
  });
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
