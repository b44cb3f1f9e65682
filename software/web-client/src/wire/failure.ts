/** Why a call did not give what was asked, in the server's words. */
export class RemoteFailure extends Error {
  /** Exception name of the remote API, or an own word: `offline`, `session`, `broken`. */
  readonly kind: string;
  /** One thing to do. */
  readonly hint: string | undefined;
  /** Sentence per field. */
  readonly fields: Readonly<Record<string, string>>;
  /** What the log knows it by. */
  readonly reference: string | undefined;

  constructor(message: string, details: { kind: string; hint?: string | undefined; fields?: Record<string, string>; reference?: string | undefined }) {
    super(message);
    this.name = "RemoteFailure";
    this.kind = details.kind;
    this.hint = details.hint;
    this.fields = details.fields ?? {};
    this.reference = details.reference;
  }
}

/** Reads the `error` member of a JSON-RPC answer, or of the import stream. */
export function readFailure(error: unknown): RemoteFailure {
  const outer = objectOf(error);
  const data = objectOf(outer["data"]);
  const context = objectOf(data["context"]);
  if (outer["code"] === 100) return sessionFailure();
  const message = textOf(data["message"]) ?? textOf(outer["message"]) ?? "The server could not do this.";
  const single = textOf(data["field"]) ?? textOf(context["field"]);
  const fields = { ...textsOf(context["fields"]), ...textsOf(data["fields"]), ...(single ? { [single]: message } : {}) };
  return new RemoteFailure(message, {
    kind: textOf(data["name"]) ?? textOf(outer["code"]) ?? "unknown",
    hint: textOf(data["hint"]) ?? textOf(context["hint"]) ?? textOf(outer["hint"]),
    fields,
    reference: textOf(data["reference"]) ?? textOf(context["reference"]),
  });
}

/** The session has ended: the person may sign in again and go on. */
export function sessionFailure(): RemoteFailure {
  return new RemoteFailure("Your session has ended.", { kind: "session" });
}

/** No answer from the server at all. */
export function offlineFailure(): RemoteFailure {
  return new RemoteFailure("The server cannot be reached.", { kind: "offline", hint: "Check the connection, then try again." });
}

/** The failure behind anything thrown. */
export function failureOf(thrown: unknown): RemoteFailure {
  if (thrown instanceof RemoteFailure) return thrown;
  return new RemoteFailure("Something went wrong in this page.", { kind: "broken", hint: "Reload the page and try again." });
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, text]) => [name, String(text)]));
}
