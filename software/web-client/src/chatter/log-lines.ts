/** A message to someone outside, a note among colleagues, a change that was made. */
export type LogKind = "message" | "note" | "change";

/** One thing that happened to a record. */
export interface LogLine {
  readonly id: number;
  readonly kind: LogKind;
  readonly author: string;
  readonly subject: string;
  readonly body: string;
  /** ISO 8601 with `Z`. */
  readonly date: string;
}

const kinds: readonly LogKind[] = ["message", "note", "change"];

/** Reads a record's log as the server gives it; unset values come as `false` or null. */
export function readLog(wire: readonly unknown[]): LogLine[] {
  return wire.map((entry) => {
    const line = entry as Readonly<Record<string, unknown>>;
    return {
      id: Number(line["id"]),
      kind: kinds.find((known) => known === line["kind"]) ?? "change",
      author: words(line["author"]) || "System",
      subject: words(line["subject"]),
      body: words(line["body"]),
      date: `${words(line["date"])
        .replace(" ", "T")
        .replace(/(\.\d+)?Z?$/, "")}Z`,
    };
  });
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}
