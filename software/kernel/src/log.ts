export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where a part says what it does. One JSON object a line; fields are for machines, the message for people.
 * Never pass a password, token, key or cookie: {@link secret} marks what must not be printed.
 */
export interface Log {
  (level: LogLevel, message: string, fields?: LogFields): void;
}

/** Wraps a value so that it prints as `[secret]` everywhere; `reveal()` is the only way to it. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** Says nothing: for tests that assert on something else. */
export const silentLog: Log = () => undefined;

/** A log that writes one JSON line per entry, errors with their stack and causes. */
export function jsonLog(part: string, write: (line: string) => void): Log {
  return (level, message, fields = {}) => {
    const entry = { time: new Date().toISOString(), level, part, message, ...fields };
    write(`${JSON.stringify(entry, printable)}\n`);
  };
}

function printable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return value;
}
