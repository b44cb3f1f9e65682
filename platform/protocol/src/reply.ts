import type { IncomingMessage, ServerResponse } from "node:http";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "./method.ts";
import { toWire } from "./wire.ts";

/** Longest that the rest of a body is thrown away, so that its sender can read why. */
const unreadMilliseconds = 10_000;

/** How a method's answer goes out. After the caller is gone every call does nothing. */
export interface Reply {
  progress(progress: Progress): void;
  result(value: unknown): void;
  error(error: unknown, reference: string): void;
  stop(): void;
}

/** One JSON body, with the status of the error. */
export class ShortReply implements Reply {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  progress(): void {
    // A short method has nowhere to show it.
  }

  result(value: unknown): void {
    this.#send(200, value);
  }

  error(error: unknown, reference: string): void {
    this.#send(error instanceof ExpectedError ? error.status : 500, { error: toWire(error, reference) });
  }

  stop(): void {
    // Nothing runs beside a short reply.
  }

  #send(status: number, value: unknown): void {
    if (this.#response.destroyed || this.#response.headersSent) return;
    this.#response.writeHead(status, { "content-type": "application/json", connection: "close" });
    this.#response.end(JSON.stringify(value ?? null));
  }
}

/** Lines of JSON: progress and heartbeats, then the result or the error. */
export class LongReply implements Reply {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unread: IncomingMessage | undefined;

  /** @param unread - a request whose body may still be on its way when the answer is given. */
  constructor(response: ServerResponse, heartbeatMilliseconds: number, unread?: IncomingMessage) {
    this.#response = response;
    this.#unread = unread;
    response.writeHead(200, { "content-type": "application/x-ndjson", connection: "close" });
    response.flushHeaders();
    this.#heartbeat = setInterval(() => this.#line({}), heartbeatMilliseconds);
  }

  progress(progress: Progress): void {
    this.#line({ progress });
  }

  result(value: unknown): void {
    this.#line({ result: value ?? null });
    this.#end();
  }

  error(error: unknown, reference: string): void {
    this.#line({ error: toWire(error, reference) });
    this.#end();
  }

  stop(): void {
    clearInterval(this.#heartbeat);
  }

  /** A connection closed under a caller who is still sending would lose the answer with it. */
  #end(): void {
    const unread = this.#unread;
    if (unread === undefined || unread.complete || unread.destroyed) {
      this.#response.end();
      return;
    }
    const limit = setTimeout(() => this.#response.end(), unreadMilliseconds);
    unread.once("close", () => {
      clearTimeout(limit);
      this.#response.end();
    });
    unread.resume();
  }

  #line(value: unknown): void {
    if (!this.#response.destroyed && !this.#response.writableEnded)
      this.#response.write(`${JSON.stringify(value)}\n`);
  }
}
