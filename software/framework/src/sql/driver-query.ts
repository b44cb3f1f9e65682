import type { Writable } from "node:stream";
import pg from "pg";
import { resultTypes } from "./result-types.ts";

/** How rows come out: by column name, in the order of the columns, or as PostgreSQL's own text. */
export type RowShape = "objects" | "tuples" | "texts";

/** A statement as it goes to the driver. */
export interface Outgoing {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Prepared once a connection under this name, planned once if that is as good. */
  readonly name: string | undefined;
  readonly shape: RowShape;
  /**
   * Goes before it, in the same group of messages: when it fails PostgreSQL skips the statement, and all that the
   * group did is undone. What it gives is not looked at; its values are texts.
   */
  readonly before?: Omit<Outgoing, "shape" | "before">;
}

/** What a statement came to. */
export interface Outcome {
  readonly rows: unknown[];
  /** What PostgreSQL says it did: `INSERT 0 1`, `COMMIT`. */
  readonly command: string;
}

type Row = readonly (string | null)[];

/** What of the driver's connection is used here. */
interface Wire {
  readonly stream: Writable;
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(message: { readonly text: string; readonly name?: string | undefined }): void;
  bind(message: { readonly statement?: string | undefined; readonly values?: readonly unknown[] }): void;
  execute(message: object): void;
}

/** The part of the driver's `Query` that its types leave out: it is called for each message of the answer. */
interface DriverQuery {
  callback: (error: Error | null) => void;
  text: string;
  values: readonly unknown[];
  name: string | undefined;
  submit(wire: Wire): Error | null;
  handleError(error: Error, wire: Wire): void;
}

const Base = pg.Query as unknown as new (text: string) => DriverQuery;

/**
 * A statement under way. It keeps rows as they come, without the driver's own records and events; and another one
 * can go before it in the same group of messages: BEGIN, which sent apart could fail and leave the statement to run
 * without a transaction; or a question that raises an error unless the statement may run.
 */
class Query extends Base {
  /** Not `rows`: the driver takes that for a limit. */
  readonly found: unknown[] = [];
  command = "";
  readonly #shape: RowShape;
  readonly #before: Outgoing["before"];
  readonly #ownText: string;
  readonly #ownName: string | undefined;
  #begun: boolean;
  #columns: readonly string[] = [];
  #parsers: readonly ((text: string) => unknown)[] = [];
  #unreadable: Error | undefined;

  constructor({ text, values, name, shape }: Outgoing, before: Outgoing["before"]) {
    super(text);
    this.values = values;
    this.name = name;
    this.#shape = shape;
    this.#before = before;
    this.#begun = before === undefined;
    this.#ownText = text;
    this.#ownName = name;
  }

  override submit(wire: Wire): Error | null {
    const before = this.#before;
    if (before === undefined) return super.submit(wire);
    const { text, name, values } = before;
    wire.stream.cork();
    try {
      const known =
        name === undefined ? undefined : (wire.parsedStatements[name] ?? wire.submittedNamedStatements[name]);
      if (known === undefined) wire.parse({ text, name });
      if (known === undefined && name !== undefined) wire.submittedNamedStatements[name] = text;
      wire.bind({ statement: name, values });
      wire.execute({});
      const refused = super.submit(wire);
      // The first "parsed" that comes back may be that of the one before: the driver is to note it by its own name.
      this.text = text;
      this.name = name;
      return refused;
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  }): void {
    // Of several statements in one text the last one's rows are given.
    this.found.length = 0;
    if (this.#shape === "texts") return;
    this.#parsers = fields.map(({ dataTypeID }) => resultTypes.getTypeParser(dataTypeID, "text"));
    if (this.#shape === "objects") this.#columns = fields.map(({ name }) => name);
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    if (this.#unreadable !== undefined || !this.#begun) return;
    try {
      this.found.push(this.#shape === "texts" ? fields : this.#parsed(fields));
    } catch (error) {
      this.#unreadable = error as Error;
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#begun) this.command = text;
    else {
      this.#begun = true;
      this.text = this.#ownText;
      this.name = this.#ownName;
    }
  }

  override handleError(error: Error, wire: Wire): void {
    // What went before failed: the statement was skipped, and with it what would have been prepared.
    if (!this.#begun && this.#ownName !== undefined) delete wire.submittedNamedStatements[this.#ownName];
    super.handleError(error, wire);
  }

  handleReadyForQuery(): void {
    this.callback(this.#unreadable ?? null);
  }

  #parsed(fields: Row): unknown {
    const values = fields.map((text, at) => (text === null ? null : this.#parsers[at]?.(text)));
    if (this.#shape === "tuples") return values;
    return Object.fromEntries(this.#columns.map((name, at) => [name, values[at]]));
  }
}

/**
 * Sends one statement on a connection.
 *
 * @param begin - opens a transaction before it. A statement without parameters goes after BEGIN, not with it: only
 *   so may it be several in one text.
 */
export async function sendOn(client: pg.PoolClient, outgoing: Outgoing, begin?: string): Promise<Outcome> {
  const together = begin !== undefined && outgoing.values.length > 0;
  if (begin !== undefined && !together) await sendOn(client, control(begin));
  const query = new Query(outgoing, together ? control(begin) : outgoing.before);
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      query.callback = (error) =>
        error === null ? resolve({ rows: query.found, command: query.command }) : reject(error);
      client.query(query as unknown as pg.Submittable);
    });
  } catch (error) {
    // Else its stack would lead to the socket, not to whoever sent the statement.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}

/** Transaction control and the like. */
export function control(text: string): Outgoing {
  return { text, values: [], name: undefined, shape: "tuples" };
}

/** Holds back what is written to a connection until `write` is done: it then goes out at once. */
export function inOneWrite(client: pg.PoolClient, write: () => void): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  stream.cork();
  try {
    write();
  } finally {
    stream.uncork();
  }
}
